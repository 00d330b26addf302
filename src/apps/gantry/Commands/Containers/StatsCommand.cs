using Gantry.Apps.Cli.CommandLine;
using Gantry.Apps.Cli.Formatting;
using Gantry.Apps.Cli.Measuring;

namespace Gantry.Apps.Cli.Commands.Containers;

/// <summary>docker stats.</summary>
internal sealed class StatsCommand(FlagSet flags) : Command
{
    private static readonly TimeSpan s_refresh = TimeSpan.FromMilliseconds(500);

    private readonly Flag<bool> _all = flags.Bool("all", "Show all containers (default shows just running)", 'a');
    private readonly Flag<string> _format = flags.String("format", FormatHelp.List);
    private readonly Flag<bool> _noStream = flags.Bool("no-stream", "Disable streaming stats and only pull the first result");
    private readonly Flag<bool> _noTrunc = flags.Bool("no-trunc", "Do not truncate output");

    public override async Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var format = Format(cli);
        var columns = StatsRows.Columns(!_noTrunc.Value);

        // A bad template is told before anything is measured.
        RowWriter.Render(format, columns, []);
        var meter = new ContainerMeter(cli.Client, stream: !_noStream.Value, cancellationToken);
        if (arguments.Count > 0)
        {
            await AddNamedAsync(cli, meter, arguments, cancellationToken);
        }
        else
        {
            await meter.FollowAllAsync(_all, cancellationToken);
        }

        return _noStream.Value ? await ShowOnceAsync(cli, meter, format, columns) : await ShowLiveAsync(cli, meter, format, columns, arguments.Count == 0, cancellationToken);
    }

    private static async Task AddNamedAsync(Cli cli, ContainerMeter meter, IReadOnlyList<string> names, CancellationToken cancellationToken)
    {
        foreach (var name in names)
        {
            await cli.Client.InspectContainerAsync(name, cancellationToken);
            meter.Add(name);
        }
    }

    private static async Task<int> ShowOnceAsync(Cli cli, ContainerMeter meter, string format, Columns<ContainerStats> columns)
    {
        await meter.AllMeasuredAsync();
        var failures = meter.Snapshot().Where(s => s.Failure is not null).Select(s => s.Failure!).ToList();
        RowWriter.Write(cli.Out, format, columns, meter.Snapshot().Where(s => s.Failure is null));
        return failures.Count == 0 ? 0 : throw new CliException(string.Join('\n', failures), 1);
    }

    private static async Task<int> ShowLiveAsync(
        Cli cli, ContainerMeter meter, string format, Columns<ContainerStats> columns, bool waitForNew, CancellationToken cancellationToken)
    {
        var isTerminal = cli.OutIsTerminal;
        await meter.AllMeasuredAsync();
        while (true)
        {
            var rows = meter.Snapshot().Where(s => s.Failure is null).ToList();
            if (rows.Count == 0 && !waitForNew)
            {
                return 0;
            }

            var text = RowWriter.Render(format, columns, rows);
            cli.Out.Write(isTerminal ? $"\u001b[H{text.Replace("\n", "\u001b[K\n", StringComparison.Ordinal)}\u001b[J" : text);
            cli.Out.Flush();
            await Task.Delay(s_refresh, cancellationToken);
        }
    }

    private string Format(Cli cli)
    {
        var format = _format.Value.Length > 0 ? _format.Value : cli.Config.Text("statsFormat") ?? "";
        return format switch
        {
            "" or "table" => StatsRows.Table,
            "raw" => StatsRows.Raw,
            _ => format,
        };
    }
}
