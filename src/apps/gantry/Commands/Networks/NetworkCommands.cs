using Gantry.Api;
using Gantry.Apps.Cli.CommandLine;
using Gantry.Apps.Cli.Formatting;
using Gantry.Apps.Cli.Running;
using Gantry.Errors;

namespace Gantry.Apps.Cli.Commands.Networks;

/// <summary>docker network ls.</summary>
internal sealed class ListNetworksCommand(FlagSet flags) : Command
{
    private const string Table = "table {{.ID}}\t{{.Name}}\t{{.Driver}}\t{{.Scope}}";

    private readonly FilterFlag _filter = flags.Filter("Provide filter values (e.g. \"driver=bridge\")");
    private readonly Flag<string> _format = flags.String("format", FormatHelp.List);
    private readonly Flag<bool> _noTrunc = flags.Bool("no-trunc", "Do not truncate the output");
    private readonly Flag<bool> _quiet = flags.Bool("quiet", "Only display network IDs", 'q');

    public override async Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var networks = await cli.Client.ListNetworksAsync(_filter.Filters.IsEmpty ? null : _filter.Filters, cancellationToken);
        var given = _format.Value.Length > 0 ? _format.Value : _quiet.Value ? "" : cli.Config.Text("networksFormat") ?? "";
        var format = given switch
        {
            "" or "table" => _quiet.Value ? "{{.ID}}" : Table,
            "raw" => _quiet.Value ? "network_id: {{.ID}}" : "network_id: {{.ID}}\nname: {{.Name}}\ndriver: {{.Driver}}\nscope: {{.Scope}}\n",
            _ => given,
        };
        RowWriter.Write(cli.Out, format, Columns(), networks.OrderBy(n => n.Name, NaturalOrder.Instance));
        return 0;
    }

    private Columns<Network> Columns() => new(
        "*network.networkContext",
        [
            new("ID", "NETWORK ID", n => _noTrunc.Value ? n.Id ?? "" : Shorten.Id(n.Id)),
            new("Name", "NAME", n => n.Name ?? ""),
            new("Driver", "DRIVER", n => n.Driver ?? ""),
            new("Scope", "SCOPE", n => n.Scope ?? ""),
            new("IPv4", "IPV4", n => n.EnableIPv4 == true ? "true" : "false"),
            new("IPv6", "IPV6", n => n.EnableIPv6 == true ? "true" : "false"),
            new("Internal", "INTERNAL", n => n.Internal == true ? "true" : "false"),
            new("Labels", "LABELS", n => Labels.Join(n.Labels)),
            new("CreatedAt", "CREATED AT", n => new Terminal.Values.GoTimestamp(n.Created ?? "").ToString()),
        ],
        new Method<Network>("Label", (n, name) => Labels.Get(n.Labels, name)));
}

/// <summary>docker network rm.</summary>
internal sealed class RemoveNetworksCommand(FlagSet flags) : Command
{
    private readonly Flag<bool> _force = flags.Bool("force", "Do not error if the network does not exist", 'f');

    public override async Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var code = 0;
        foreach (var network in arguments)
        {
            try
            {
                await cli.Client.RemoveNetworkAsync(network, cancellationToken);
                cli.Out.WriteLine(network);
            }
            catch (GantryException e)
            {
                var forgiven = _force.Value && e.Kind == ErrorKind.NotFound;
                cli.Error.Write(forgiven ? "" : e.Message + "\n");
                code = forgiven ? code : 1;
            }
        }

        return code == 0 ? 0 : throw new CliException("exit status 1", code);
    }
}

/// <summary>docker network connect.</summary>
internal sealed class ConnectNetworkCommand(FlagSet flags) : Command
{
    private readonly ListFlag<string> _aliases = flags.Strings("alias", "Add network-scoped alias for the container");
    private readonly ListFlag<string> _driverOptions = flags.Strings("driver-opt", "driver options for the network");
    private readonly Flag<long> _gatewayPriority = flags.Int("gw-priority", "Highest gw-priority provides the default gateway. Accepts positive and negative values.", since: "1.48");
    private readonly Flag<string> _ip = flags.String("ip", "IPv4 address (e.g., \"172.30.100.104\")");
    private readonly Flag<string> _ip6 = flags.String("ip6", "IPv6 address (e.g., \"2001:db8::33\")");
    private readonly ListFlag<string> _links = flags.List("link", "Add link to another container", check: FlagChecks.Link);
    private readonly ListFlag<string> _linkLocal = flags.Strings("link-local-ip", "Add a link-local address for the container");

    public override async Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var options = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var option in _driverOptions.Values)
        {
            var (key, value) = FlagValues.Pair(option);
            options[key] = option.Contains('=', StringComparison.Ordinal) ? value : throw new CliException("invalid key/value pair format in driver options", 1);
        }

        var endpoint = new EndpointSettings
        {
            Aliases = Set(_aliases),
            Links = Set(_links),
            DriverOpts = options,
            GwPriority = _gatewayPriority.Value != 0 ? _gatewayPriority.Value : null,
            IPAMConfig = new EndpointIPAMConfig
            {
                IPv4Address = _ip.Value.Length > 0 ? _ip.Value : null, IPv6Address = _ip6.Value.Length > 0 ? _ip6.Value : null, LinkLocalIPs = Set(_linkLocal),
            },
        };
        await cli.Client.ConnectNetworkAsync(arguments[0], new NetworkConnectRequest { Container = arguments[1], EndpointConfig = endpoint }, cancellationToken);
        return 0;
    }

    private static List<string>? Set(ListFlag<string> flag) => flag.Values.Count > 0 ? flag.Values : null;
}

/// <summary>docker network disconnect.</summary>
internal sealed class DisconnectNetworkCommand(FlagSet flags) : Command
{
    private readonly Flag<bool> _force = flags.Bool("force", "Force the container to disconnect from a network", 'f');

    public override async Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        await cli.Client.DisconnectNetworkAsync(arguments[0], new NetworkDisconnectRequest { Container = arguments[1], Force = _force }, cancellationToken);
        return 0;
    }
}
