using Gantry.Engine.Http.Resources;

namespace Gantry.Engine.Http.Routing;

/// <summary>Every path of the Engine API, each resource listing its own.</summary>
internal static class ApiRoutes
{
    internal static Router Build(EngineHost engine)
    {
        _ = engine;
        var router = new Router();
        SystemRoutes.Map(router);
        ContainerRoutes.Map(router);
        ContainerLifecycleRoutes.Map(router);
        ContainerStreamRoutes.Map(router);
        ExecRoutes.Map(router);
        TransferRoutes.Map(router);
        BuildRoutes.Map(router);
        SwarmRoutes.Map(router);
        return router;
    }
}
