using System.Globalization;
using System.Text.Json.Serialization.Metadata;
using Gantry.Engine.Filters;
using Gantry.Engine.Http.Routing;
using Gantry.Engine.Http.Streams;
using Gantry.Engine.Plugins;
using Gantry.Errors;
using Gantry.Plugins.Managed;

namespace Gantry.Engine.Http.Resources;

/// <summary><c>/plugins</c>: plugins that the engine fetches, keeps and runs.</summary>
internal static class PluginRoutes
{
    /// <summary>Tells clients under which name a plugin that is pulled will be here.</summary>
    private const string NameHeader = "Docker-Plugin-Name";

    internal static void Map(Router router)
    {
        router.Map("GET", "/plugins", ListAsync);
        router.Map("GET", "/plugins/privileges", PrivilegesAsync);
        router.Map("POST", "/plugins/pull", PullAsync);
        router.Map("POST", "/plugins/create", CreateAsync);
        router.Map("GET", "/plugins/{name*}/json", InspectAsync);
        router.Map("DELETE", "/plugins/{name*}", RemoveAsync);
        router.Map("POST", "/plugins/{name*}/enable", EnableAsync);
        router.Map("POST", "/plugins/{name*}/disable", DisableAsync);
        router.Map("POST", "/plugins/{name*}/set", SetAsync);
        router.Map("POST", "/plugins/{name*}/push", PushAsync);
        router.Map("POST", "/plugins/{name*}/upgrade", UpgradeAsync);
    }

    private static Task ListAsync(ApiRequest request) =>
        request.WriteJsonAsync([.. request.Engine.Plugins.List(FilterSet.Parse(request.Query["filters"]))], ManagedJson.Default.ListPluginDescription);

    private static Task InspectAsync(ApiRequest request) =>
        request.WriteJsonAsync(request.Engine.Plugins.Inspect(request.Name), ManagedJson.Default.PluginDescription);

    /// <summary>No privileges are <c>null</c>, as Docker has it.</summary>
    private static async Task PrivilegesAsync(ApiRequest request)
    {
        var needed = await request.Engine.Plugins.PrivilegesAsync(request.Query["remote"], RegistryAuth.One(request), request.Aborted).ConfigureAwait(false);
        await request.WriteJsonAsync(needed.Count == 0 ? null! : needed.ToList(), ManagedJson.Default.ListPluginPrivilege).ConfigureAwait(false);
    }

    private static async Task CreateAsync(ApiRequest request)
    {
        await request.Engine.Plugins.CreateAsync(request.Query["name"], request.Http.Body, request.Aborted).ConfigureAwait(false);
        await request.NoContentAsync().ConfigureAwait(false);
    }

    private static async Task EnableAsync(ApiRequest request)
    {
        var text = request.Query["timeout"];
        var timeout = int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var seconds) ? seconds
            : throw GantryException.Internal($"strconv.Atoi: parsing \"{text}\": invalid syntax");
        await request.Engine.Plugins.EnableAsync(request.Name, timeout).ConfigureAwait(false);
        await request.StatusAsync(200).ConfigureAwait(false);
    }

    private static async Task DisableAsync(ApiRequest request)
    {
        await request.Engine.Plugins.DisableAsync(request.Name, request.Query.Bool("force")).ConfigureAwait(false);
        await request.StatusAsync(200).ConfigureAwait(false);
    }

    private static async Task RemoveAsync(ApiRequest request)
    {
        await request.Engine.Plugins.RemoveAsync(request.Name, request.Query.Bool("force")).ConfigureAwait(false);
        await request.StatusAsync(200).ConfigureAwait(false);
    }

    private static async Task SetAsync(ApiRequest request)
    {
        var changes = await ListAsync(request, ManagedJson.Default.ListString).ConfigureAwait(false);
        await request.Engine.Plugins.SetAsync(request.Name, changes).ConfigureAwait(false);
        await request.NoContentAsync().ConfigureAwait(false);
    }

    private static async Task PullAsync(ApiRequest request)
    {
        var granted = await ListAsync(request, ManagedJson.Default.ListPluginPrivilege).ConfigureAwait(false);
        var names = PluginNames.Parse(request.Query["remote"], request.Query["name"]);
        request.Response.Headers[NameHeader] = names.Local;
        request.Engine.Plugins.CheckFree(names.Local);
        var stream = new MessageStream(request.Context);
        await stream.RunAsync(
            () => request.Engine.Plugins.PullAsync(names, granted, RegistryAuth.One(request), new TransferMessages(stream), request.Aborted)).ConfigureAwait(false);
    }

    private static async Task UpgradeAsync(ApiRequest request)
    {
        var granted = await ListAsync(request, ManagedJson.Default.ListPluginPrivilege).ConfigureAwait(false);
        var names = PluginNames.Parse(request.Query["remote"], request.Name);
        request.Response.Headers[NameHeader] = names.Local;
        var stream = new MessageStream(request.Context);
        await stream.RunAsync(
            () => request.Engine.Plugins.UpgradeAsync(request.Name, names, granted, RegistryAuth.One(request), new TransferMessages(stream), request.Aborted)).ConfigureAwait(false);
    }

    private static Task PushAsync(ApiRequest request)
    {
        var stream = new MessageStream(request.Context);
        return stream.RunAsync(() => request.Engine.Plugins.PushAsync(request.Name, RegistryAuth.One(request), new TransferMessages(stream), request.Aborted));
    }

    /// <summary>The body's list; empty without a body.</summary>
    private static async Task<List<T>> ListAsync<T>(ApiRequest request, JsonTypeInfo<List<T>> type) => await request.ReadOptionalJsonAsync(type).ConfigureAwait(false) ?? [];
}
