using System.Text.Json.Nodes;
using Gantry.Plugins;

namespace Gantry.Networks.Plugins;

/// <summary>A driver of networks in another process (libnetwork's remote driver protocol).</summary>
internal sealed class NetworkPlugin(PluginEndpoint endpoint) : Plugin(endpoint)
{
    internal const string Kind = "NetworkDriver";

    /// <summary><c>local</c> or <c>global</c>.</summary>
    public string Scope() =>
        Connection.Call("NetworkDriver.GetCapabilities", NetworkMessages.Default.NetworkAnswer).Scope?.ToLowerInvariant() is "global" ? "global" : "local";

    /// <param name="options">The driver's own, and what libnetwork says about every network.</param>
    public void CreateNetwork(string network, IReadOnlyList<PluginPool> v4, IReadOnlyList<PluginPool> v6, JsonObject options) =>
        Ask("CreateNetwork", new NetworkQuestion { NetworkID = network, IPv4Data = v4, IPv6Data = v6, Options = options });

    public void DeleteNetwork(string network) => Ask("DeleteNetwork", new NetworkQuestion { NetworkID = network });

    /// <returns>What the plugin decided beyond what was asked for, or null.</returns>
    public PluginInterface? CreateEndpoint(string network, string endpoint, PluginInterface asked, JsonObject options) =>
        Ask("CreateEndpoint", new NetworkQuestion { NetworkID = network, EndpointID = endpoint, Interface = asked, Options = options }).Interface;

    public void DeleteEndpoint(string network, string endpoint) => Ask("DeleteEndpoint", new NetworkQuestion { NetworkID = network, EndpointID = endpoint });

    /// <summary>The plugin makes the interface; who asked brings it into the container.</summary>
    public NetworkAnswer Join(string network, string endpoint, string sandboxKey, JsonObject options) =>
        Ask("Join", new NetworkQuestion { NetworkID = network, EndpointID = endpoint, SandboxKey = sandboxKey, Options = options });

    public void Leave(string network, string endpoint) => Ask("Leave", new NetworkQuestion { NetworkID = network, EndpointID = endpoint });

    /// <summary>The endpoint has the container's default gateway: its ports are the plugin's to publish. Plugins need not know this.</summary>
    public void ProgramExternalConnectivity(string network, string endpoint, JsonObject options) =>
        Ask("ProgramExternalConnectivity", new NetworkQuestion { NetworkID = network, EndpointID = endpoint, Options = options }, optional: true);

    /// <inheritdoc cref="ProgramExternalConnectivity"/>
    public void RevokeExternalConnectivity(string network, string endpoint) =>
        Ask("RevokeExternalConnectivity", new NetworkQuestion { NetworkID = network, EndpointID = endpoint }, optional: true);

    private NetworkAnswer Ask(string method, NetworkQuestion question, bool optional = false) => Connection.Call(
        $"NetworkDriver.{method}", question, NetworkMessages.Default.NetworkQuestion, NetworkMessages.Default.NetworkAnswer, optional);
}
