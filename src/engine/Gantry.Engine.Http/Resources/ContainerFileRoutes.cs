using System.Text;
using System.Text.Json;
using Gantry.Api;
using Gantry.Engine.Containers;
using Gantry.Engine.Containers.Files;
using Gantry.Engine.Filters;
using Gantry.Engine.Http.Routing;
using Microsoft.AspNetCore.Http;

namespace Gantry.Engine.Http.Resources;

/// <summary>Containers' files: archive, export, changes, commit, prune.</summary>
internal static class ContainerFileRoutes
{
    private const string Tar = "application/x-tar";
    private const string StatHeader = "X-Docker-Container-Path-Stat";

    internal static void Map(Router router)
    {
        router.Map("HEAD", "/containers/{id*}/archive", StatAsync);
        router.Map("GET", "/containers/{id*}/archive", GetAsync);
        router.Map("PUT", "/containers/{id*}/archive", PutAsync);
        router.Map("GET", "/containers/{id*}/export", ExportAsync);
        router.Map("GET", "/containers/{id*}/changes", ChangesAsync);
        router.Map("POST", "/containers/prune", PruneAsync);
        router.Map("POST", "/commit", CommitAsync);
    }

    private static async Task StatAsync(ApiRequest request)
    {
        SetStat(request, await request.Engine.Containers.StatPathAsync(request.Id, request.Query["path"]).ConfigureAwait(false));
    }

    private static async Task GetAsync(ApiRequest request)
    {
        using var archive = await request.Engine.Containers.OpenArchiveAsync(request.Id, request.Query["path"]).ConfigureAwait(false);
        SetStat(request, archive.Stat);
        request.Response.ContentType = Tar;
        await archive.WriteAsync(request.Response.Body, request.Aborted).ConfigureAwait(false);
    }

    private static async Task PutAsync(ApiRequest request)
    {
        var extract = new ExtractRequest(request.Query["path"], request.Query.Bool("noOverwriteDirNonDir"), request.Query.Bool("copyUIDGID"));
        await request.Engine.Containers.ExtractAsync(request.Id, extract, request.Http.Body, request.Aborted).ConfigureAwait(false);
        await request.StatusAsync(StatusCodes.Status200OK).ConfigureAwait(false);
    }

    private static Task ExportAsync(ApiRequest request)
    {
        request.Engine.Containers.CheckExists(request.Id);
        request.Response.ContentType = "application/octet-stream";
        return request.Engine.Containers.ExportAsync(request.Id, request.Response.Body, request.Aborted);
    }

    private static Task ChangesAsync(ApiRequest request)
    {
        var changes = request.Engine.Containers.Changes(request.Id, request.Aborted);
        return request.WriteJsonAsync(changes.Count == 0 ? null! : [.. changes], ApiJson.Default.ListFilesystemChange);
    }

    private static async Task PruneAsync(ApiRequest request)
    {
        var result = await request.Engine.Containers.PruneAsync(FilterSet.Parse(request.Query["filters"])).ConfigureAwait(false);
        await request.WriteJsonAsync(result, ApiJson.Default.ContainerPruneResponse).ConfigureAwait(false);
    }

    private static async Task CommitAsync(ApiRequest request)
    {
        var query = request.Query;
        var config = await request.ReadOptionalJsonAsync(ApiJson.Default.ContainerConfig).ConfigureAwait(false);
        var id = await request.Engine.Containers.CommitAsync(new CommitRequest
        {
            Container = query["container"],
            Repository = query["repo"],
            Tag = query["tag"],
            Comment = query["comment"],
            Author = query["author"],
            Pause = query.Bool("pause", absent: true),
            Changes = query.All("changes").SelectMany(c => c.Split('\n')).ToList(),
            // An object without any of the members is, for Go, no configuration.
            Config = config == new ContainerConfig() ? null : config,
        }, request.Aborted).ConfigureAwait(false);
        await request.WriteJsonAsync(new IDResponse { Id = id }, ApiJson.Default.IDResponse, StatusCodes.Status201Created).ConfigureAwait(false);
    }

    private static void SetStat(ApiRequest request, PathStat stat)
    {
        var json = JsonSerializer.Serialize(stat, PathStatJson.Default.PathStat);
        request.Response.Headers[StatHeader] = Convert.ToBase64String(Encoding.UTF8.GetBytes(json));
    }
}
