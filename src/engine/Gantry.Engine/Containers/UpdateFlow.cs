using System.Text.Json;
using Gantry.Api;
using Gantry.Engine.Containers.State;
using Gantry.Errors;
using Gantry.Metadata;
using Gantry.Oci;
using Gantry.Runtime.Spec;

namespace Gantry.Engine.Containers;

/// <summary>Changes limits and restart policy of containers, of running ones at once.</summary>
internal sealed class UpdateFlow(EngineCore core)
{
    /// <exception cref="GantryException">InvalidArgument, Conflict in Docker's words.</exception>
    internal async Task<ContainerUpdateResponse> UpdateAsync(Container container, ContainerUpdateRequest request)
    {
        using (await container.Gate.AcquireAsync().ConfigureAwait(false))
        {
            var record = container.Record;
            if (container.IsRemoving || record.State.Phase is ContainerPhase.Removing or ContainerPhase.Dead)
            {
                throw GantryException.Conflict(
                    $"Cannot update container {record.Id}: container is marked for removal and cannot be \"update\".");
            }

            RestartPolicies.Validate(request.RestartPolicy);
            if (record.HostConfig.AutoRemove == true && RestartPolicies.IsSet(request.RestartPolicy))
            {
                throw GantryException.InvalidArgument("Restart policy cannot be updated because AutoRemove is enabled for the container");
            }

            var merged = Merge(record.Id, record.HostConfig, request);
            var (host, warnings) = ResourceValidator.Validate(merged, core.Host, update: true);
            if (record.State.IsActive)
            {
                var resources = ResourceSpec.Build(host);
                var json = JsonSerializer.SerializeToUtf8Bytes(resources, RuntimeSpecJson.Default.LinuxResources);
                await core.Parts.Tasks.UpdateResourcesAsync(record.Id, json, CancellationToken.None).ConfigureAwait(false);
            }

            core.Update(container, r => r with { HostConfig = host }, Durability.Durable);
            core.Publish(container, "update");
            return new ContainerUpdateResponse { Warnings = warnings.Count == 0 ? null : [.. warnings] };
        }
    }

    /// <summary>Zero and empty leave a limit as it is, as in Docker.</summary>
    private static HostConfig Merge(string id, HostConfig current, ContainerUpdateRequest request)
    {
        static long? Pick(long? asked, long? now) => asked is null or 0 ? now : asked;
        static string? PickText(string? asked, string? now) => string.IsNullOrEmpty(asked) ? now : asked;
        GantryException Conflict(string why) => GantryException.Conflict($"Cannot update container {id}: {why}");
        if (request.NanoCpus is > 0 && (current.CpuPeriod > 0 || current.CpuQuota > 0))
        {
            throw Conflict($"Conflicting options: Nano CPUs cannot be updated as CPU {(current.CpuPeriod > 0 ? "Period" : "Quota")} has already been set");
        }

        if (current.NanoCpus is > 0 && (request.CpuPeriod is > 0 || request.CpuQuota is > 0))
        {
            throw Conflict($"Conflicting options: CPU {(request.CpuPeriod is > 0 ? "Period" : "Quota")} cannot be updated as NanoCPUs has already been set");
        }

        return current with
        {
            CpuShares = Pick(request.CpuShares, current.CpuShares),
            Memory = Pick(request.Memory, current.Memory),
            MemorySwap = Pick(request.MemorySwap, request.Memory is > 0 && current.MemorySwap is > 0 && request.Memory > current.MemorySwap
                ? throw Conflict("Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time")
                : current.MemorySwap),
            MemoryReservation = Pick(request.MemoryReservation, current.MemoryReservation),
            NanoCpus = Pick(request.NanoCpus, current.NanoCpus),
            CpuPeriod = Pick(request.CpuPeriod, current.CpuPeriod),
            CpuQuota = Pick(request.CpuQuota, current.CpuQuota),
            CpuRealtimePeriod = Pick(request.CpuRealtimePeriod, current.CpuRealtimePeriod),
            CpuRealtimeRuntime = Pick(request.CpuRealtimeRuntime, current.CpuRealtimeRuntime),
            CpusetCpus = PickText(request.CpusetCpus, current.CpusetCpus),
            CpusetMems = PickText(request.CpusetMems, current.CpusetMems),
            BlkioWeight = Pick(request.BlkioWeight, current.BlkioWeight),
            PidsLimit = request.PidsLimit is null or 0 ? current.PidsLimit : request.PidsLimit,
            RestartPolicy = string.IsNullOrEmpty(request.RestartPolicy?.Name) ? current.RestartPolicy : request.RestartPolicy,
        };
    }
}
