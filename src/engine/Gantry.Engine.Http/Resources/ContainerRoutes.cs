using Gantry.Api;
using Gantry.Engine.Containers;
using Gantry.Engine.Filters;
using Gantry.Engine.Http.Routing;
using Gantry.Errors;
using Gantry.Oci;
using Microsoft.AspNetCore.Http;

namespace Gantry.Engine.Http.Resources;

/// <summary><c>/containers</c>: making, looking at, changing and removing.</summary>
internal static class ContainerRoutes
{
    internal static void Map(Router router)
    {
        router.Map("POST", "/containers/create", CreateAsync);
        router.Map("GET", "/containers/json", ListAsync);
        router.Map("GET", "/containers/{id*}/json", InspectAsync);
        router.Map("DELETE", "/containers/{id}", RemoveAsync);
        router.Map("DELETE", "/containers/{id}/{name}", RemoveLinkAsync);
        router.Map("POST", "/containers/{id*}/rename", RenameAsync);
        router.Map("POST", "/containers/{id*}/update", UpdateAsync);
        router.Map("POST", "/containers/{id*}/resize", ResizeAsync);
    }

    private static async Task CreateAsync(ApiRequest request)
    {
        var body = await request.ReadOptionalJsonAsync(ApiJson.Default.ContainerCreateRequest).ConfigureAwait(false)
            ?? throw GantryException.InvalidArgument("invalid JSON: got EOF while reading request body");
        var platform = request.Version >= new ApiVersion(1, 41) && request.Query["platform"] is { Length: > 0 } text ? Platform.Parse(text) : null;
        var adjusted = CreateVersions.Adjust(body, request.Version);
        var created = await request.Engine.Containers.CreateAsync(body, request.Query["name"], platform, adjusted.ReadOnlyNonRecursive).ConfigureAwait(false);
        created.Warnings = [.. created.Warnings ?? [], .. adjusted.Warnings];
        await request.WriteJsonAsync(created, ApiJson.Default.ContainerCreateResponse, StatusCodes.Status201Created).ConfigureAwait(false);
    }

    private static Task ListAsync(ApiRequest request)
    {
        var list = request.Engine.Containers.List(new ListRequest(
            request.Query.Bool("all"), request.Query.Int("limit") ?? 0, request.Query.Bool("size"), FilterSet.Parse(request.Query["filters"])));
        if (request.Version < new ApiVersion(1, 46))
        {
            list = [.. list.Select(c => c with { HostConfig = c.HostConfig is { } host ? host with { Annotations = null } : null })];
        }

        return request.WriteJsonAsync([.. list], ApiJson.Default.ListContainerSummary);
    }

    private static Task InspectAsync(ApiRequest request)
    {
        var inspected = request.Engine.Containers.Inspect(request.Id, request.Query.Bool("size"));
        if (request.Version < new ApiVersion(1, 45))
        {
            AddShortId(inspected);
        }

        return request.WriteJsonAsync(inspected, ApiJson.Default.ContainerInspectResponse);
    }

    /// <summary>Before 1.45 a container's short id was among its aliases on networks with name resolution.</summary>
    private static void AddShortId(ContainerInspectResponse container)
    {
        foreach (var (name, endpoint) in container.NetworkSettings?.Networks?.ToList() ?? [])
        {
            if (endpoint is not null && name is not ("bridge" or "host" or "none"))
            {
                var aliases = (endpoint.Aliases ?? []).Append(container.Id![..12]).Append(container.Config?.Hostname ?? string.Empty).Where(a => a.Length > 0).Distinct();
                container.NetworkSettings!.Networks![name] = endpoint with { Aliases = [.. aliases] };
            }
        }
    }

    private static async Task RemoveAsync(ApiRequest request)
    {
        if (request.Query.Bool("link"))
        {
            request.Engine.Containers.CheckExists(request.Id);
            throw GantryException.Internal("Conflict, cannot remove the default link name of the container");
        }

        await request.Engine.Containers.RemoveAsync(request.Id, request.Query.Bool("force"), request.Query.Bool("v")).ConfigureAwait(false);
        await request.NoContentAsync().ConfigureAwait(false);
    }

    /// <summary><c>/containers/CONTAINER/ALIAS?link=1</c>: one of the container's links.</summary>
    private static async Task RemoveLinkAsync(ApiRequest request)
    {
        if (!request.Query.Bool("link"))
        {
            throw GantryException.NotFound($"No such container: {request.Id}/{request.Name}");
        }

        await request.Engine.Containers.RemoveLinkAsync(request.Id, request.Name).ConfigureAwait(false);
        await request.NoContentAsync().ConfigureAwait(false);
    }

    private static async Task RenameAsync(ApiRequest request)
    {
        await request.Engine.Containers.RenameAsync(request.Id, request.Query["name"]).ConfigureAwait(false);
        await request.NoContentAsync().ConfigureAwait(false);
    }

    private static async Task UpdateAsync(ApiRequest request)
    {
        var body = await request.ReadJsonAsync(ApiJson.Default.ContainerUpdateRequest).ConfigureAwait(false);
        if (request.Version < new ApiVersion(1, 40))
        {
            // Clients of those versions sent the member without meaning it.
            body.PidsLimit = null;
        }

        var result = await request.Engine.Containers.UpdateAsync(request.Id, body).ConfigureAwait(false);
        await request.WriteJsonAsync(result, ApiJson.Default.ContainerUpdateResponse).ConfigureAwait(false);
    }

    private static async Task ResizeAsync(ApiRequest request)
    {
        var (rows, columns) = TerminalSize.Parse(request.Query);
        await request.Engine.Containers.ResizeAsync(request.Id, rows, columns).ConfigureAwait(false);
        await request.StatusAsync(StatusCodes.Status200OK).ConfigureAwait(false);
    }
}
