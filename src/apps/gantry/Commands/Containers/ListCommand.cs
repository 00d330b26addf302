using Gantry.Api;
using Gantry.Apps.Cli.CommandLine;
using Gantry.Apps.Cli.Formatting;

namespace Gantry.Apps.Cli.Commands.Containers;

/// <summary>docker ps.</summary>
internal sealed class ListCommand(FlagSet flags) : Command
{
    private readonly Flag<bool> _all = flags.Bool("all", "Show all containers (default shows just running)", 'a');
    private readonly FilterFlag _filter = flags.Filter("Filter output based on conditions provided");
    private readonly Flag<string> _format = flags.String("format", FormatHelp.List);
    private readonly Flag<long> _last = flags.Int("last", "Show n last created containers (includes all states)", 'n', -1);
    private readonly Flag<bool> _latest = flags.Bool("latest", "Show the latest created container (includes all states)", 'l');
    private readonly Flag<bool> _noTrunc = flags.Bool("no-trunc", "Don't truncate output");
    private readonly Flag<bool> _quiet = flags.Bool("quiet", "Only display container IDs", 'q');
    private readonly Flag<bool> _size = flags.Bool("size", "Display total file sizes", 's');

    public override async Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var columns = ContainerRows.Columns(!_noTrunc.Value);
        var size = _size.Value || WantsSize(columns);
        long? limit = _latest.Value && _last.Value == -1 ? 1 : _last.Value >= 0 ? _last.Value : null;
        var filters = _filter.Filters;
        var containers = await cli.Client.ListContainersAsync(_all, limit, size, filters.IsEmpty ? null : filters, cancellationToken);
        RowWriter.Write(cli.Out, Format(cli, size), columns, containers);
        return 0;
    }

    /// <summary>Sizes are costly for the engine: they are asked for only where the template shows them.</summary>
    private bool WantsSize(Columns<ContainerSummary> columns)
    {
        if (_format.Value.Length == 0)
        {
            return false;
        }

        var used = RowWriter.FieldsUsed(_format, columns, new ContainerSummary());
        return !_quiet.Value && !_size.Changed && used.Contains("Size");
    }

    private string Format(Cli cli, bool size)
    {
        if (_format.Value.Length > 0 && _quiet.Value)
        {
            cli.Error.WriteLine("WARNING: Ignoring custom format, because both --format and --quiet are set.");
        }

        if (_format.Value.Length == 0 && _quiet.Value)
        {
            return "{{.ID}}";
        }

        var format = _format.Value.Length > 0 ? _format.Value : _quiet.Value ? "" : cli.Config.Text("psFormat") ?? "";
        return format switch
        {
            "" or "table" when _quiet.Value => "{{.ID}}",
            "" or "table" => size && (_size.Value || format.Length == 0) ? ContainerRows.TableWithSize : ContainerRows.Table,
            "raw" => _quiet.Value ? "container_id: {{.ID}}" : size ? ContainerRows.Raw + "size: {{.Size}}\n" : ContainerRows.Raw,
            _ => format,
        };
    }
}
