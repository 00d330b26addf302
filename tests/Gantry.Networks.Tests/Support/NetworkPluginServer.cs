using System.Text.Json.Nodes;
using Gantry.Tests.Shared;

namespace Gantry.Networks.Tests.Support;

/// <summary>A plugin that makes networks of veth pairs without a bridge, and gives addresses: 10.77.0.0/16 in turn.</summary>
internal sealed class NetworkPluginServer(TestMachine machine, string name) : PluginServer(Path.Combine(machine.PluginDirectory, name + ".sock"))
{
    private int _addresses = 1;

    public string[] Kinds { get; set; } = ["NetworkDriver", "IpamDriver"];

    /// <summary>What is decided about new endpoints.</summary>
    public JsonObject Interface { get; set; } = [];

    /// <summary>The plugin forgets what it gave.</summary>
    public bool WantsReplay { get; set; }

    public JsonArray Routes { get; set; } = [];

    public string Gateway { get; set; } = "";

    public IEnumerable<string> Methods => Asked.Select(a => a.Split(' ')[0].Split('.')[1]);

    public JsonObject Question(string method) => JsonNode.Parse(Asked.Last(a => a.StartsWith(method + " ", StringComparison.Ordinal))[(method.Length + 1)..])!.AsObject();

    protected override JsonObject? Answer(string method, JsonObject question)
    {
        switch (method)
        {
            case "Plugin.Activate":
                return new JsonObject { ["Implements"] = new JsonArray([.. Kinds.Select(k => (JsonNode)k)]) };
            case "NetworkDriver.GetCapabilities":
                return new JsonObject { ["Scope"] = "local" };
            case "NetworkDriver.CreateEndpoint":
                return new JsonObject { [nameof(Interface)] = Interface.DeepClone() };
            case "NetworkDriver.Join":
                machine.AddVeth("pl0", "pl1");
                return new JsonObject
                {
                    ["InterfaceName"] = new JsonObject { ["SrcName"] = "pl1", ["DstPrefix"] = "net" },
                    [nameof(Gateway)] = Gateway,
                    ["StaticRoutes"] = Routes.DeepClone(),
                };
            case "NetworkDriver.DeleteEndpoint":
                machine.DeleteLink("pl0");
                return [];
            case "NetworkDriver.ProgramExternalConnectivity" or "NetworkDriver.RevokeExternalConnectivity":
                return null;
            case "IpamDriver.GetDefaultAddressSpaces":
                return new JsonObject { ["LocalDefaultAddressSpace"] = "here", ["GlobalDefaultAddressSpace"] = "there" };
            case "IpamDriver.GetCapabilities":
                return new JsonObject { ["RequiresMACAddress"] = true, ["RequiresRequestReplay"] = WantsReplay };
            case "IpamDriver.RequestPool":
                var asked = (string?)question["Pool"] ?? "";
                return new JsonObject { ["PoolID"] = "the-pool", ["Pool"] = asked.Length > 0 ? asked : "10.77.0.0/16" };
            case "IpamDriver.RequestAddress":
                var wanted = (string?)question["Address"] ?? "";
                return new JsonObject { ["Address"] = wanted.Length > 0 ? $"{wanted}/16" : $"10.77.0.{_addresses++}/16" };
            default:
                return [];
        }
    }
}
