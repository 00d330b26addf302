using System.Net;
using Gantry.Errors;
using Gantry.Networks.Addressing;
using Gantry.Plugins;

namespace Gantry.Networks.Plugins;

/// <summary>A driver of addresses in another process (libnetwork's remote IPAM protocol).</summary>
internal sealed class AddressPlugin(PluginEndpoint endpoint) : Plugin(endpoint)
{
    internal const string Kind = "IpamDriver";

    private const string RequestType = "RequestAddressType";
    private const string GatewayRequest = "com.docker.network.gateway";
    private const string MacKey = "com.docker.network.endpoint.macaddress";

    private AddressAnswer? _capabilities;

    /// <summary>Where networks of one host get their subnets from.</summary>
    public string DefaultAddressSpace() =>
        Connection.Call("IpamDriver.GetDefaultAddressSpaces", NetworkMessages.Default.AddressAnswer).LocalDefaultAddressSpace ?? "";

    /// <param name="pool">CIDR; empty: the plugin chooses.</param>
    /// <param name="range">CIDR within the pool, or empty.</param>
    public (string Id, Subnet Subnet) RequestPool(string space, string pool, string range, IReadOnlyDictionary<string, string> options, bool v6)
    {
        var answer = Ask("RequestPool", new AddressQuestion { AddressSpace = space, Pool = pool, SubPool = range, Options = options, V6 = v6 });
        return Subnet.TryParse(answer.Pool ?? "", out var subnet, out _)
            ? (answer.PoolID ?? "", subnet)
            : throw GantryException.Internal($"ipam driver {Name} answered with a pool that is none: {answer.Pool}");
    }

    public void ReleasePool(string pool) => Ask("ReleasePool", new AddressQuestion { PoolID = pool });

    public IPAddress RequestGateway(string pool, string address) => Request(pool, address, new Dictionary<string, string> { [RequestType] = GatewayRequest });

    /// <param name="address">Empty: the plugin chooses.</param>
    /// <param name="mac">Of the interface that will have it; empty where it isn't known.</param>
    public IPAddress RequestAddress(string pool, string address, string mac) =>
        Request(pool, address, mac.Length > 0 && Capabilities().RequiresMACAddress ? new Dictionary<string, string> { [MacKey] = mac } : []);

    public void ReleaseAddress(string pool, IPAddress address) => Ask("ReleaseAddress", new AddressQuestion { PoolID = pool, Address = address.ToString() });

    /// <summary>The plugin forgets what it gave when the engine ends, and is to be asked for it again.</summary>
    public bool WantsReplay() => Capabilities().RequiresRequestReplay;

    private IPAddress Request(string pool, string address, Dictionary<string, string> options)
    {
        var answer = Ask("RequestAddress", new AddressQuestion { PoolID = pool, Address = address, Options = options });
        return IPAddress.TryParse((answer.Address ?? "").Split('/')[0], out var given)
            ? given
            : throw GantryException.Internal($"ipam driver {Name} answered with an address that is none: {answer.Address}");
    }

    private AddressAnswer Capabilities() => _capabilities ??= Connection.Call("IpamDriver.GetCapabilities", NetworkMessages.Default.AddressAnswer, optional: true);

    private AddressAnswer Ask(string method, AddressQuestion question) =>
        Connection.Call($"IpamDriver.{method}", question, NetworkMessages.Default.AddressQuestion, NetworkMessages.Default.AddressAnswer);
}
