using Gantry.BuildKit;
using Gantry.Engine.Builds.Jobs;
using Gantry.Engine.Http.Grpc;

namespace Gantry.Engine.Http.BuildKit;

/// <summary>The service moby.buildkit.v1.Control.</summary>
internal static class ControlMethods
{
    private const string Service = "/moby.buildkit.v1.Control/";

    internal static void Map(Dictionary<string, GrpcHandler> methods)
    {
        methods[Service + "Solve"] = SolveAsync;
        methods[Service + "Status"] = StatusAsync;
        methods[Service + "ListWorkers"] = ListWorkersAsync;
        methods[Service + "Info"] = InfoAsync;
        methods[Service + "DiskUsage"] = DiskUsageAsync;
        methods[Service + "Prune"] = PruneAsync;
        methods[Service + "ListenBuildHistory"] = ListenAsync;
        methods[Service + "UpdateBuildHistory"] = UpdateAsync;
    }

    private static async Task SolveAsync(GrpcCall call)
    {
        var request = SolveRequest.Parse((await call.ReadSingleAsync().ConfigureAwait(false)).Span);
        await call.WriteAsync(await call.Engine.Builds.Jobs.SolveAsync(request, JobExtras.None, call.Aborted).ConfigureAwait(false)).ConfigureAwait(false);
    }

    private static async Task StatusAsync(GrpcCall call)
    {
        var reference = SingleField.Text((await call.ReadSingleAsync().ConfigureAwait(false)).Span);
        var updates = await call.Engine.Builds.Jobs.FollowAsync(reference, call.Aborted).ConfigureAwait(false);
        await foreach (var update in updates.ConfigureAwait(false))
        {
            await call.WriteAsync(update).ConfigureAwait(false);
        }
    }

    private static async Task ListWorkersAsync(GrpcCall call)
    {
        await call.ReadSingleAsync().ConfigureAwait(false);
        await call.WriteAsync(new ListWorkersResponse([call.Engine.Builds.Worker()])).ConfigureAwait(false);
    }

    private static async Task InfoAsync(GrpcCall call)
    {
        await call.ReadSingleAsync().ConfigureAwait(false);
        await call.WriteAsync(new InfoResponse(call.Engine.Builds.Worker().Version)).ConfigureAwait(false);
    }

    private static async Task DiskUsageAsync(GrpcCall call)
    {
        var request = DiskUsageRequest.Parse((await call.ReadSingleAsync().ConfigureAwait(false)).Span);
        await call.WriteAsync(new DiskUsageResponse(call.Engine.Builds.Usage(request))).ConfigureAwait(false);
    }

    private static async Task ListenAsync(GrpcCall call)
    {
        var request = BuildHistoryRequest.Parse((await call.ReadSingleAsync().ConfigureAwait(false)).Span);
        await foreach (var change in call.Engine.Builds.Jobs.ListenAsync(request, call.Aborted).ConfigureAwait(false))
        {
            await call.WriteAsync(change).ConfigureAwait(false);
        }
    }

    private static async Task UpdateAsync(GrpcCall call)
    {
        call.Engine.Builds.Jobs.UpdateHistory(UpdateBuildHistoryRequest.Parse((await call.ReadSingleAsync().ConfigureAwait(false)).Span));
        await call.WriteEmptyAsync().ConfigureAwait(false);
    }

    private static async Task PruneAsync(GrpcCall call)
    {
        var request = PruneRequest.Parse((await call.ReadSingleAsync().ConfigureAwait(false)).Span);
        foreach (var record in await call.Engine.Builds.PruneAsync(request, call.Aborted).ConfigureAwait(false))
        {
            await call.WriteAsync(record).ConfigureAwait(false);
        }
    }
}
