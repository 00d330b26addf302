using System.Text.Json;
using Gantry.Apps.Cli.CommandLine;
using Gantry.Apps.Cli.Formatting;
using Gantry.Apps.Cli.Inspecting;

namespace Gantry.Apps.Cli.Commands.Plugins;

/// <summary>A row of plugin ls.</summary>
internal sealed record PluginRow(string Id, string Name, string Description, bool Enabled, string Reference);

/// <summary>docker plugin ls.</summary>
internal sealed class ListPluginsCommand(FlagSet flags) : Command
{
    private const string Table = "table {{.ID}}\t{{.Name}}\t{{.Description}}\t{{.Enabled}}";
    private const int DescriptionWidth = 45;

    private readonly FilterFlag _filter = flags.Filter("Provide filter values (e.g. \"enabled=true\")");
    private readonly Flag<string> _format = flags.String("format", FormatHelp.List);
    private readonly Flag<bool> _noTrunc = flags.Bool("no-trunc", "Don't truncate output");
    private readonly Flag<bool> _quiet = flags.Bool("quiet", "Only display plugin IDs", 'q');

    public override async Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var query = _filter.Filters.ToJson() is { } filters ? "?filters=" + Uri.EscapeDataString(filters) : "";
        using var plugins = JsonDocument.Parse(await cli.Client.GetRawAsync("/plugins" + query, cancellationToken));
        var rows = plugins.RootElement.EnumerateArray().Select(Row).OrderBy(p => p.Name, NaturalOrder.Instance).ToList();
        var given = _format.Value.Length > 0 ? _format.Value : _quiet.Value ? "" : cli.Config.Text("pluginsFormat") ?? "";
        var format = given switch
        {
            "" or "table" => _quiet.Value ? "{{.ID}}" : Table,
            "raw" => _quiet.Value ? "plugin_id: {{.ID}}" : "plugin_id: {{.ID}}\nname: {{.Name}}\ndescription: {{.Description}}\nenabled: {{.Enabled}}\n",
            _ => given,
        };
        RowWriter.Write(cli.Out, format, Columns(), rows);
        return 0;
    }

    private Columns<PluginRow> Columns() => new(
        "*plugin.pluginContext",
        [
            new("ID", "ID", p => _noTrunc.Value ? p.Id : Shorten.Id(p.Id)),
            new("Name", "NAME", p => p.Name),
            new("Description", "DESCRIPTION", p => Description(p.Description)),
            new("Enabled", "ENABLED", p => p.Enabled),
            new("PluginReference", null, p => p.Reference),
        ]);

    private string Description(string text)
    {
        var line = text.Replace('\n', ' ').Replace('\r', ' ');
        return _noTrunc.Value ? line : Shorten.Ellipsis(line, DescriptionWidth);
    }

    private static PluginRow Row(JsonElement plugin) => new(
        Text(plugin, "Id"), Text(plugin, "Name"), plugin.TryGetProperty("Config", out var config) ? Text(config, "Description") : "",
        plugin.TryGetProperty("Enabled", out var enabled) && enabled.ValueKind == JsonValueKind.True, Text(plugin, "PluginReference"));

    private static string Text(JsonElement json, string name) => json.TryGetProperty(name, out var value) ? value.GetString() ?? "" : "";
}

/// <summary>docker plugin inspect.</summary>
internal sealed class InspectPluginCommand(FlagSet flags) : Command
{
    private readonly Flag<string> _format = flags.String("format", FormatHelp.Inspect, 'f');

    public override Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
        Inspector.RunAsync(cli, _format, arguments, name => ObjectFinder.GetAsync(cli, "plugin", name, size: false, cancellationToken));
}

/// <summary>docker plugin rm.</summary>
internal sealed class RemovePluginCommand(FlagSet flags) : Command
{
    private readonly Flag<bool> _force = flags.Bool("force", "Force the removal of an active plugin", 'f');

    public override Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
        Each.InTurnAsync(cli, arguments, name => cli.Client.CallRawAsync("DELETE", $"/plugins/{Uri.EscapeDataString(name)}{(_force.Value ? "?force=1" : "")}", cancellationToken));
}

/// <summary>docker plugin enable.</summary>
internal sealed class EnablePluginCommand(FlagSet flags) : Command
{
    private readonly Flag<long> _timeout = flags.Int("timeout", "HTTP client timeout (in seconds)", value: 30);

    public override Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken) => _timeout.Value < 0
        ? throw new CliException($"negative timeout {_timeout.Value} is invalid", 1)
        : Each.InTurnAsync(cli, arguments, name => cli.Client.CallRawAsync("POST", $"/plugins/{Uri.EscapeDataString(name)}/enable?timeout={_timeout.Value}", cancellationToken));
}

/// <summary>docker plugin disable.</summary>
internal sealed class DisablePluginCommand(FlagSet flags) : Command
{
    private readonly Flag<bool> _force = flags.Bool("force", "Force the disable of an active plugin", 'f');

    public override Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
        Each.InTurnAsync(cli, arguments, name => cli.Client.CallRawAsync("POST", $"/plugins/{Uri.EscapeDataString(name)}/disable{(_force.Value ? "?force=1" : "")}", cancellationToken));
}
