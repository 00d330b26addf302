using System.Text;
using System.Text.Json;
using Gantry.Apps.Cli.CommandLine;
using Gantry.Client.Http;
using Gantry.Client.Streams;

using Gantry.Terminal.Progress;
using Gantry.Terminal.Progress.Building;
using Gantry.Terminal.Tty;
using Gantry.Terminal.Units;

namespace Gantry.Apps.Cli.Building;

/// <summary>The engine reports that a build failed.</summary>
/// <param name="code">The exit code of the command that failed; 0 where it was none.</param>
internal sealed class BuildFailedException(string message, int code) : Exception(message)
{
    public int Code { get; } = code;
}

/// <summary>How a build is shown: live or plain progress on stderr, the classic transcript on stdout, or not at all.</summary>
internal abstract class BuildDisplay : IDisposable
{
    /// <summary>DOCKER_BUILDKIT=0 asks for the classic builder's ways: its transcript, and the stages that the target does not need.</summary>
    public static bool IsClassic => Environment.GetEnvironmentVariable("DOCKER_BUILDKIT") is "0" or "false";

    /// <summary>The classic transcript, or what --progress, a terminal or the lack of one decide.</summary>
    public static BuildDisplay Create(Cli cli, bool quiet, string progress)
    {
        if (IsClassic)
        {
            return new ClassicBuildDisplay(cli, quiet);
        }

        if (quiet)
        {
            return new ProgressBuildDisplay(new PlainBuildView(_ => { }));
        }

        var isTerminal = TerminalInfo.IsTerminal(TerminalInfo.StandardError);
        return progress switch
        {
            "auto" or "" => new ProgressBuildDisplay(isTerminal ? Live(cli) : Plain(cli)),
            "plain" => new ProgressBuildDisplay(Plain(cli)),
            "tty" => isTerminal ? new ProgressBuildDisplay(Live(cli)) : throw new CliException("failed to get console: provided file is not a console", 1),
            "rawjson" => throw new CliException("--progress=rawjson is not implemented yet", 1),
            _ => throw new CliException($"invalid progress mode {progress}", 1),
        };
    }

    public abstract void ContextSent(long bytes, bool complete);

    /// <summary>Shows the stream to its end.</summary>
    /// <returns>The image's id.</returns>
    /// <exception cref="BuildFailedException">The build failed.</exception>
    public abstract Task<string> ShowAsync(HttpResponse response, CancellationToken cancellationToken);

    public abstract string ErrorText(BuildFailedException failure);

    public abstract int ExitCode(BuildFailedException failure);

    public abstract void Dispose();

    protected static async IAsyncEnumerable<ProgressMessage> ReadAsync(
        HttpResponse response, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var document in JsonStream.ReadAsync(response.Body, cancellationToken))
        {
            using (document)
            {
                var message = ProgressMessage.FromJson(document.RootElement);
                yield return message.Error is { } error ? throw new BuildFailedException(error, message.ErrorCode) : message;
            }
        }
    }

    private static PlainBuildView Plain(Cli cli) => new(text => Print(cli, text));

    private static TerminalBuildView Live(Cli cli) =>
        new(text => Print(cli, text), () => TerminalInfo.Size(TerminalInfo.StandardError) ?? (24, 80));

    private static void Print(Cli cli, string text)
    {
        cli.Error.Write(text);
        cli.Error.Flush();
    }
}

/// <summary>Steps with times, as BuildKit shows them.</summary>
internal sealed class ProgressBuildDisplay(IBuildView view) : BuildDisplay
{
    private readonly Lock _lock = new();

    public override void ContextSent(long bytes, bool complete)
    {
        lock (_lock)
        {
            view.ContextSent(bytes, complete);
        }
    }

    public override async Task<string> ShowAsync(HttpResponse response, CancellationToken cancellationToken)
    {
        var reader = new TranscriptReader(view);
        var quietId = new StringBuilder();
        try
        {
            await foreach (var message in ReadAsync(response, cancellationToken))
            {
                lock (_lock)
                {
                    quietId.Append(message.Stream.StartsWith("sha256:", StringComparison.Ordinal) ? message.Stream.Trim() : "");
                    reader.Read(message);
                }
            }
        }
        catch (BuildFailedException e)
        {
            reader.Fail(e.Message);
            throw;
        }

        reader.Complete();
        return reader.ImageId.Length > 0 ? reader.ImageId : quietId.ToString();
    }

    public override string ErrorText(BuildFailedException failure) => $"ERROR: failed to build: {failure.Message}";

    public override int ExitCode(BuildFailedException failure) => 1;

    public override void Dispose() => view.Dispose();
}

/// <summary>The transcript of docker without BuildKit, on stdout.</summary>
internal sealed class ClassicBuildDisplay(Cli cli, bool quiet) : BuildDisplay
{
    private readonly StringBuilder _held = new();
    private DateTimeOffset _nextUpdate = DateTimeOffset.MinValue;

    public override void ContextSent(long bytes, bool complete)
    {
        if (complete)
        {
            Print($"{ContextText(bytes)}\r\n");
        }
        else if (cli.OutIsTerminal && !quiet && DateTimeOffset.UtcNow >= _nextUpdate)
        {
            _nextUpdate = DateTimeOffset.UtcNow.AddMilliseconds(100);
            Print(ContextText(bytes));
        }
    }

    public override async Task<string> ShowAsync(HttpResponse response, CancellationToken cancellationToken)
    {
        var image = "";
        var text = new StringBuilder();
        var display = new JsonMessageDisplay(Print, cli.OutIsTerminal && !quiet ? TerminalInfo.Width(TerminalInfo.StandardOutput) : null);
        try
        {
            await foreach (var message in ReadAsync(response, cancellationToken))
            {
                if (message.Auxiliary is { } data)
                {
                    image = Id(data) ?? image;
                    continue;
                }

                text.Append(quiet && message.Stream.StartsWith("sha256:", StringComparison.Ordinal) ? message.Stream.Trim() : "");
                display.Show(message);
            }
        }
        catch (BuildFailedException)
        {
            cli.Error.Write(_held.ToString());
            throw;
        }

        return image.Length > 0 ? image : text.ToString();
    }

    public override string ErrorText(BuildFailedException failure) => failure.Message;

    public override int ExitCode(BuildFailedException failure) => failure.Code == 0 ? 1 : failure.Code;

    public override void Dispose()
    {
    }

    private static string ContextText(long bytes) => $"Sending build context to Docker daemon {Sizes.Human(bytes),8}\r";

    private static string? Id(JsonElement data) =>
        data.ValueKind == JsonValueKind.Object && data.TryGetProperty("ID", out var id) && id.ValueKind == JsonValueKind.String ? id.GetString() : null;

    private void Print(string text)
    {
        if (quiet)
        {
            _held.Append(text);
            return;
        }

        cli.Out.Write(text);
        cli.Out.Flush();
    }
}
