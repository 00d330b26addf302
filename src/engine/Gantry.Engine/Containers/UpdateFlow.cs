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
                throw Refused(record, "Restart policy cannot be updated because AutoRemove is enabled for the container");
            }

            CheckConflicts(record, request);
            var merged = Merge(record.HostConfig, request);
            var (host, warnings) = ResourceValidator.Validate(merged, core.Host, update: true);
            host.PidsLimit = merged.PidsLimit;
            var json = Resources(host);

            // Between two runs of a restart policy there is nothing to tell; the next run takes the new limits.
            if (record.State.Phase is ContainerPhase.Running or ContainerPhase.Paused && !json.AsSpan().SequenceEqual(Resources(record.HostConfig)))
            {
                await core.Parts.Tasks.UpdateResourcesAsync(record.Id, json, CancellationToken.None).ConfigureAwait(false);
            }

            core.Update(container, r => r with { HostConfig = host }, Durability.Durable);
            core.Publish(container, "update");
            return new ContainerUpdateResponse { Warnings = warnings.Count == 0 ? null! : [.. warnings] };
        }
    }

    /// <summary>Limits that exclude those the container has already.</summary>
    private static void CheckConflicts(ContainerRecord record, ContainerUpdateRequest request)
    {
        var now = record.HostConfig;
        var conflict =
            request.NanoCpus > 0 && now.CpuPeriod > 0 ? "Conflicting options: Nano CPUs cannot be updated as CPU Period has already been set"
            : request.NanoCpus > 0 && now.CpuQuota > 0 ? "Conflicting options: Nano CPUs cannot be updated as CPU Quota has already been set"
            : request.CpuPeriod > 0 && now.NanoCpus > 0 ? "Conflicting options: CPU Period cannot be updated as NanoCPUs has already been set"
            : request.CpuQuota > 0 && now.NanoCpus > 0 ? "Conflicting options: CPU Quota cannot be updated as NanoCPUs has already been set"
            : request.Memory > 0 && (request.MemorySwap is null or 0) && request.Memory > (now.MemorySwap ?? 0)
                ? "Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time"
            : null;
        if (conflict is not null)
        {
            throw Refused(record, conflict);
        }
    }

    private static GantryException Refused(ContainerRecord record, string why) =>
        GantryException.Conflict($"Cannot update container {record.Id}: {why}");

    private static byte[] Resources(HostConfig host)
    {
        var resources = ResourceSpec.Build(host);
        if (host.PidsLimit is <= 0)
        {
            resources = resources with { Pids = new LinuxPids(-1) };
        }

        return JsonSerializer.SerializeToUtf8Bytes(resources, RuntimeSpecJson.Default.LinuxResources);
    }

    /// <summary>Zero and empty leave a limit as it is, as in Docker; of processes zero and less mean no limit.</summary>
    private static HostConfig Merge(HostConfig current, ContainerUpdateRequest request)
    {
        static long? Pick(long? asked, long? now) => asked is null or 0 ? now : asked;
        static string? PickText(string? asked, string? now) => string.IsNullOrEmpty(asked) ? now : asked;
        return current with
        {
            CpuShares = Pick(request.CpuShares, current.CpuShares),
            Memory = Pick(request.Memory, current.Memory),
            MemorySwap = Pick(request.MemorySwap, current.MemorySwap),
            MemoryReservation = Pick(request.MemoryReservation, current.MemoryReservation),
            NanoCpus = Pick(request.NanoCpus, current.NanoCpus),
            CpuPeriod = Pick(request.CpuPeriod, current.CpuPeriod),
            CpuQuota = Pick(request.CpuQuota, current.CpuQuota),
            CpuRealtimePeriod = Pick(request.CpuRealtimePeriod, current.CpuRealtimePeriod),
            CpuRealtimeRuntime = Pick(request.CpuRealtimeRuntime, current.CpuRealtimeRuntime),
            CpusetCpus = PickText(request.CpusetCpus, current.CpusetCpus),
            CpusetMems = PickText(request.CpusetMems, current.CpusetMems),
            BlkioWeight = Pick(request.BlkioWeight, current.BlkioWeight),
            PidsLimit = request.PidsLimit is { } pids ? Math.Max(0, pids) : current.PidsLimit,
            RestartPolicy = string.IsNullOrEmpty(request.RestartPolicy?.Name) ? current.RestartPolicy : request.RestartPolicy,
        };
    }
}
