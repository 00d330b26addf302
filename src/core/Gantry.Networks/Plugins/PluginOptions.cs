using System.Text.Json.Nodes;
using Gantry.Networks.Ports;

namespace Gantry.Networks.Plugins;

/// <summary>The options that go with questions to network plugins, under libnetwork's labels.</summary>
internal static class PluginOptions
{
    public static JsonObject OfNetwork(NetworkRecord network)
    {
        var options = new JsonObject
        {
            ["com.docker.network.enable_ipv4"] = network.EnableIPv4,
            ["com.docker.network.enable_ipv6"] = network.EnableIPv6,
            ["com.docker.network.generic"] = Strings(network.Options),
        };
        if (network.Internal)
        {
            options["com.docker.network.internal"] = true;
        }

        return options;
    }

    public static JsonObject OfEndpoint(EndpointInfo endpoint) => Strings(endpoint.Options.DriverOpts);

    /// <summary>The ports that are to be published, which the driver of the network does.</summary>
    public static JsonObject OfSandbox(SandboxOptions sandbox)
    {
        var (exposed, bindings) = (new JsonArray(), new JsonArray());
        foreach (var spec in PortSpec.ParseAll(sandbox.Ports))
        {
            exposed.Add((JsonNode)new JsonObject { ["Proto"] = Protocol(spec), ["Port"] = spec.ContainerPort });
            foreach (var host in spec.HostIps)
            {
                bindings.Add((JsonNode)new JsonObject
                {
                    ["Proto"] = Protocol(spec),
                    ["IP"] = "",
                    ["Port"] = spec.ContainerPort,
                    ["HostIP"] = host?.ToString() ?? "",
                    ["HostPort"] = spec.First,
                    ["HostPortEnd"] = spec.Last,
                });
            }
        }

        return new JsonObject { ["com.docker.network.endpoint.exposedports"] = exposed, ["com.docker.network.portmap"] = bindings };
    }

    /// <summary>IP protocol numbers.</summary>
    private static int Protocol(PortSpec spec) => spec.Protocol switch
    {
        "udp" => 17,
        "sctp" => 132,
        _ => 6,
    };

    private static JsonObject Strings(IReadOnlyDictionary<string, string> values) =>
        new(values.Select(v => KeyValuePair.Create(v.Key, (JsonNode?)JsonValue.Create(v.Value))));
}
