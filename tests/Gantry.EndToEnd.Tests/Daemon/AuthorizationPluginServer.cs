using System.Text;
using System.Text.Json.Nodes;
using Gantry.Tests.Shared;

namespace Gantry.EndToEnd.Tests.Engine;

/// <summary>An authorization plugin, found by engines under a name that nobody else has.</summary>
internal sealed class AuthorizationPluginServer : PluginServer
{
    private AuthorizationPluginServer(string name)
        : base(Socket(name)) => Name = name;

    internal string Name { get; }

    /// <summary>Says why a request, or with <c>true</c> the response to it, is denied; null lets it pass.</summary>
    internal Func<bool, JsonObject, string?> Decide { get; set; } = (_, _) => null;

    internal static AuthorizationPluginServer Start() => new($"gantry-test-{Guid.NewGuid():N}");

    /// <summary>The questions about requests, or about responses, to a path.</summary>
    internal IReadOnlyList<JsonObject> Heard(bool response, string path) =>
    [
        .. Asked.Where(a => a.StartsWith(Method(response) + " ", StringComparison.Ordinal)).Select(a => JsonNode.Parse(a[(Method(response).Length + 1)..])!.AsObject())
            .Where(q => q["RequestUri"]!.GetValue<string>().Contains(path, StringComparison.Ordinal)),
    ];

    internal static string Text(JsonNode? body) => body is null ? string.Empty : Encoding.UTF8.GetString(Convert.FromBase64String(body.GetValue<string>()));

    internal async Task StopAsync()
    {
        await DisposeAsync();
        File.Delete(Socket(Name));
    }

    protected override JsonObject? Answer(string method, JsonObject question)
    {
        if (method == "Plugin.Activate")
        {
            return new JsonObject { ["Implements"] = new JsonArray("authz") };
        }

        var why = Decide(method == Method(response: true), question);
        return new JsonObject { ["Allow"] = why is null, ["Msg"] = why };
    }

    private static string Method(bool response) => response ? "AuthZPlugin.AuthZRes" : "AuthZPlugin.AuthZReq";

    private static string Socket(string name) => $"/run/docker/plugins/{name}.sock";
}
