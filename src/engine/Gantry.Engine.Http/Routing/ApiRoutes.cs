using Gantry.Engine.Http.Resources;

namespace Gantry.Engine.Http.Routing;

/// <summary>Every path of the Engine API, each resource listing its own.</summary>
internal static class ApiRoutes
{
    internal static Router Build()
    {
        var router = new Router();
        SystemRoutes.Map(router);
        DiskUsageRoutes.Map(router);
        StoreCheckRoutes.Map(router);
        ManifestRoutes.Map(router);
        ContainerRoutes.Map(router);
        ContainerLifecycleRoutes.Map(router);
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
        SwarmRoutes.Map(router);
        PluginRoutes.Map(router);
        router.Map("POST", "/images/create", TransferRoutes.CreateAsync);
        return router;
    }
}
