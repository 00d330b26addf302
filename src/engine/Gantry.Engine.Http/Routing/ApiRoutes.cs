using Gantry.Engine.Http.BuildKit;
using Gantry.Engine.Http.Grpc;
using Gantry.Engine.Http.Resources;

namespace Gantry.Engine.Http.Routing;

/// <summary>Every path of the Engine API, each resource listing its own.</summary>
internal static class ApiRoutes
{
    internal static Router Build(UpgradedConnections upgraded)
    {
        var router = new Router();
        SystemRoutes.Map(router);
        DiskUsageRoutes.Map(router);
        StoreCheckRoutes.Map(router);
        ManifestRoutes.Map(router);
        ContainerRoutes.Map(router);
        ContainerLifecycleRoutes.Map(router);
        CheckpointRoutes.Map(router);
        ContainerStreamRoutes.Map(router);
        ContainerObserveRoutes.Map(router);
        ContainerFileRoutes.Map(router);
        ExecRoutes.Map(router);
        ImageRoutes.Map(router);
        ImageTransferRoutes.Map(router);
        NetworkRoutes.Map(router);
        VolumeRoutes.Map(router);
        EventRoutes.Map(router);
        TransferRoutes.Map(router);
        BuildRoutes.Map(router);
        BuildKitRoutes.Map(router, upgraded);
        SwarmRoutes.Map(router);
        PluginRoutes.Map(router);
        router.Map("POST", "/images/create", TransferRoutes.CreateAsync);
        return router;
    }

    /// <summary>Every gRPC method of BuildKit's API.</summary>
    internal static IReadOnlyDictionary<string, GrpcHandler> Methods()
    {
        var methods = new Dictionary<string, GrpcHandler>();
        ControlMethods.Map(methods);
        BridgeMethods.Map(methods);
        HealthMethods.Map(methods);
        return methods;
    }
}
