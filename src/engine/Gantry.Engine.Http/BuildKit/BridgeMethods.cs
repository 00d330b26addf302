using Gantry.BuildKit;
using Gantry.Engine.Http.Grpc;

namespace Gantry.Engine.Http.BuildKit;

/// <summary>The service moby.buildkit.v1.frontend.LLBBridge: a client drives its own build, which it names in each call.</summary>
internal static class BridgeMethods
{
    private const string Service = "/moby.buildkit.v1.frontend.LLBBridge/";
    private const string BuildId = "buildkit-controlapi-buildid";

    /// <summary>What of the gateway there is.</summary>
    private static readonly string[] s_gateway =
        ["solve.base", "return", "returnmap", "proto.refarray", "reference.output", "gateway.solve.metadata", "gateway.solve.evaluate", "gateway.evaluate", "importcaches", "frontend.inputs", "frontend.caps"];

    /// <summary>What of BuildKit's solver the Dockerfile frontend here makes up for, as far as clients ask.</summary>
    private static readonly string[] s_solver =
    [
        "source.image", "source.image.resolvemode", "source.local", "source.local.unique", "source.local.sessionid", "source.local.includepatterns",
        "source.local.followpaths", "source.local.excludepatterns", "source.local.sharedkeyhint", "source.http", "exec.meta.base", "exec.meta.network",
        "exec.meta.proxyenv", "exec.meta.ulimit", "exec.meta.cgroup.parent", "exec.mount.bind", "exec.mount.cache", "exec.mount.cache.sharing",
        "exec.mount.selector", "exec.mount.tmpfs", "exec.mount.tmpfs.size", "exec.mount.secret", "exec.mount.ssh", "exec.secretenv", "file.base", "constraints",
        "platform", "meta.ignorecache", "meta.description", "exporter.multiple",
    ];

    internal static void Map(Dictionary<string, GrpcHandler> methods)
    {
        methods[Service + "Ping"] = PingAsync;
        methods[Service + "Solve"] = SolveAsync;
        methods[Service + "Evaluate"] = EvaluateAsync;
        methods[Service + "Return"] = ReturnAsync;
        methods[Service + "Warn"] = WarnAsync;
    }

    private static async Task PingAsync(GrpcCall call)
    {
        await call.ReadSingleAsync().ConfigureAwait(false);
        await call.Engine.Builds.Jobs.CheckAsync(Build(call), call.Aborted).ConfigureAwait(false);
        await call.WriteAsync(new PongResponse(s_gateway, s_solver, [call.Engine.Builds.Worker()])).ConfigureAwait(false);
    }

    private static async Task SolveAsync(GrpcCall call)
    {
        var request = GatewaySolveRequest.Parse((await call.ReadSingleAsync().ConfigureAwait(false)).Span);
        var result = await call.Engine.Builds.Jobs.SolveAsync(Build(call), request, call.Aborted).ConfigureAwait(false);
        await call.WriteAsync(new GatewaySolveResponse(result)).ConfigureAwait(false);
    }

    private static async Task EvaluateAsync(GrpcCall call)
    {
        var id = SingleField.Text((await call.ReadSingleAsync().ConfigureAwait(false)).Span);
        await call.Engine.Builds.Jobs.EvaluateAsync(Build(call), id, call.Aborted).ConfigureAwait(false);
        await call.WriteEmptyAsync().ConfigureAwait(false);
    }

    private static async Task ReturnAsync(GrpcCall call)
    {
        var request = ReturnRequest.Parse((await call.ReadSingleAsync().ConfigureAwait(false)).Span);
        await call.Engine.Builds.Jobs.ReturnAsync(Build(call), request, call.Aborted).ConfigureAwait(false);
        await call.WriteEmptyAsync().ConfigureAwait(false);
    }

    private static async Task WarnAsync(GrpcCall call)
    {
        var message = await call.ReadSingleAsync().ConfigureAwait(false);
        await call.Engine.Builds.Jobs.WarnAsync(Build(call), VertexWarning.Parse(message.Span), call.Aborted).ConfigureAwait(false);
        await call.WriteEmptyAsync().ConfigureAwait(false);
    }

    private static string Build(GrpcCall call) => call.Metadata(BuildId);
}
