using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Gantry.Plugins;

namespace Gantry.Networks.Plugins;

/// <summary>What is asked of a network plugin; which members are there depends on the question (libnetwork's remote driver protocol).</summary>
internal sealed record NetworkQuestion
{
    public string? NetworkID { get; init; }

    public string? EndpointID { get; init; }

    /// <summary>Path of the container's namespace.</summary>
    public string? SandboxKey { get; init; }

    public IReadOnlyList<PluginPool>? IPv4Data { get; init; }

    public IReadOnlyList<PluginPool>? IPv6Data { get; init; }

    public PluginInterface? Interface { get; init; }

    public JsonObject? Options { get; init; }
}

/// <summary>A subnet of a network, with its gateway and the addresses that are kept out, all as CIDR.</summary>
internal sealed record PluginPool
{
    public string AddressSpace { get; init; } = "";

    public string Pool { get; init; } = "";

    public string? Gateway { get; init; }

    public IReadOnlyDictionary<string, string> AuxAddresses { get; init; } = new Dictionary<string, string>();
}

/// <summary>An endpoint's addresses (CIDR) and hardware address. Empty: not decided.</summary>
internal sealed record PluginInterface
{
    public string? Address { get; init; }

    public string? AddressIPv6 { get; init; }

    public string? MacAddress { get; init; }
}

/// <summary>What a network plugin answers.</summary>
internal sealed record NetworkAnswer : PluginAnswer
{
    /// <summary>Of its capabilities: <c>local</c> or <c>global</c>.</summary>
    public string? Scope { get; init; }

    /// <summary>What the plugin decided about a new endpoint.</summary>
    public PluginInterface? Interface { get; init; }

    public PluginInterfaceName? InterfaceName { get; init; }

    public string? Gateway { get; init; }

    public string? GatewayIPv6 { get; init; }

    public List<PluginRoute>? StaticRoutes { get; init; }
}

/// <summary>The interface that a container gets: where it is now, and what it is called inside.</summary>
internal sealed record PluginInterfaceName
{
    /// <summary>In the host's namespace.</summary>
    public string? SrcName { get; init; }

    /// <summary>Inside a number follows.</summary>
    public string? DstPrefix { get; init; }
}

/// <summary>A route inside the container.</summary>
internal sealed record PluginRoute
{
    /// <summary>CIDR.</summary>
    public string? Destination { get; init; }

    /// <summary>0: through <see cref="NextHop"/>; 1: the destination is on the link.</summary>
    public int RouteType { get; init; }

    public string? NextHop { get; init; }
}

/// <summary>What is asked of a driver of addresses (libnetwork's remote IPAM protocol).</summary>
internal sealed record AddressQuestion
{
    public string? AddressSpace { get; init; }

    /// <summary>CIDR, or empty for any.</summary>
    public string? Pool { get; init; }

    public string? SubPool { get; init; }

    public bool? V6 { get; init; }

    public string? PoolID { get; init; }

    /// <summary>Empty for any.</summary>
    public string? Address { get; init; }

    public IReadOnlyDictionary<string, string>? Options { get; init; }
}

/// <summary>What a driver of addresses answers.</summary>
internal sealed record AddressAnswer : PluginAnswer
{
    public string? Error { get; init; }

    public bool RequiresMACAddress { get; init; }

    public bool RequiresRequestReplay { get; init; }

    public string? LocalDefaultAddressSpace { get; init; }

    public string? PoolID { get; init; }

    /// <summary>CIDR.</summary>
    public string? Pool { get; init; }

    /// <summary>CIDR.</summary>
    public string? Address { get; init; }

    protected override string? Failure => string.IsNullOrEmpty(Error) ? Err : Error;
}

[JsonSourceGenerationOptions(PropertyNameCaseInsensitive = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(NetworkQuestion))]
[JsonSerializable(typeof(NetworkAnswer))]
[JsonSerializable(typeof(AddressQuestion))]
[JsonSerializable(typeof(AddressAnswer))]
internal sealed partial class NetworkMessages : JsonSerializerContext;
