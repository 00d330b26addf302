using Gantry.Apps.Cli.CommandLine;
using Gantry.Apps.Cli.Streams;
using Gantry.Client;
using Gantry.Client.Streams;

namespace Gantry.Apps.Cli.Commands.Containers;

/// <summary>docker logs.</summary>
internal sealed class LogsCommand(FlagSet flags) : Command
{
    private readonly Flag<bool> _details = flags.Bool("details", "Show extra details provided to logs");
    private readonly Flag<bool> _follow = flags.Bool("follow", "Follow log output", 'f');
    private readonly Flag<string> _since = flags.String("since", "Show logs since timestamp (e.g. \"2013-01-02T13:23:37Z\") or relative (e.g. \"42m\" for 42 minutes)");
    private readonly Flag<string> _tail = flags.String("tail", "Number of lines to show from the end of the logs", 'n', "all");
    private readonly Flag<bool> _timestamps = flags.Bool("timestamps", "Show timestamps", 't');
    private readonly Flag<string> _until = flags.String("until", "Show logs before a timestamp (e.g. \"2013-01-02T13:23:37Z\") or relative (e.g. \"42m\" for 42 minutes)");

    public override async Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var container = await cli.Client.InspectContainerAsync(arguments[0], cancellationToken);
        var options = new LogOptions
        {
            Follow = _follow,
            Timestamps = _timestamps,
            Details = _details,
            Since = Timestamps.ToUnix(_since, "invalid value for \"since\": "),
            Until = Timestamps.ToUnix(_until, "invalid value for \"until\": "),
            Tail = _tail,
        };
        using var response = await cli.Client.LogsAsync(container.Id ?? arguments[0], options, cancellationToken);
        if (container.Config?.Tty == true)
        {
            await CopyAsync(response.Body, cli, cancellationToken);
        }
        else
        {
            await FrameReader.CopyAsync(response.Body, new ConsoleSink(cli), null, cancellationToken);
        }

        return 0;
    }

    private static async Task CopyAsync(Stream source, Cli cli, CancellationToken cancellationToken)
    {
        var buffer = new byte[32 * 1024];
        while (await source.ReadAsync(buffer, cancellationToken) is var read and > 0)
        {
            cli.Out.WriteBytes(buffer.AsSpan(0, read));
        }
    }
}
