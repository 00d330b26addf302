using System.Buffers;
using Gantry.Engine.Containers.Bundles;
using Gantry.Engine.Containers.State;
using Gantry.Errors;
using Gantry.Logs;
using Gantry.Logs.Drivers;

namespace Gantry.Engine.Containers.Logs;

/// <summary>What <c>logs</c> was asked.</summary>
public sealed record LogRequest
{
    public bool Stdout { get; init; }

    public bool Stderr { get; init; }

    public bool Follow { get; init; }

    public bool Timestamps { get; init; }

    public bool Details { get; init; }

    public DateTimeOffset? Since { get; init; }

    public DateTimeOffset? Until { get; init; }

    /// <summary>Null: all.</summary>
    public int? Tail { get; init; }
}

/// <summary>Reads containers' logs.</summary>
internal sealed class LogFlow(EngineCore core)
{
    /// <exception cref="GantryException">NotImplemented in Docker's words: the container keeps no log.</exception>
    internal static void Check(Container container)
    {
        if (!LogDrivers.CanRead(LogSettings.Driver(container.Record), LogSettings.Options(container.Record)))
        {
            throw GantryException.NotImplemented("configured logging driver does not support reading");
        }
    }

    /// <summary>Writes entries in the attach format; following ends when the container does.</summary>
    internal async Task WriteAsync(Container container, LogRequest request, Stream output, CancellationToken cancellationToken)
    {
        Check(container);
        using var done = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var ended = request.Follow ? EndOf(container, done.Token) : null;
        var reader = new LogReader(LogSettings.PathOf(core, container.Record));
        var query = new LogQuery
        {
            Since = request.Since,
            Until = request.Until,
            Tail = request.Tail,
            Follow = request.Follow,
            Stdout = request.Stdout,
            Stderr = request.Stderr,
        };
        var format = new LogOutputOptions
        {
            Multiplexed = container.Record.Config.Tty != true,
            Timestamps = request.Timestamps,
            Details = request.Details,
        };
        var buffer = new ArrayBufferWriter<byte>(16 * 1024);
        try
        {
            await foreach (var batch in reader.ReadAsync(query, ended, cancellationToken).ConfigureAwait(false))
            {
                foreach (var entry in batch)
                {
                    LogEntryWriter.Write(entry, format, buffer);
                }

                await output.WriteAsync(buffer.WrittenMemory, cancellationToken).ConfigureAwait(false);
                buffer.ResetWrittenCount();
            }
        }
        finally
        {
            await done.CancelAsync().ConfigureAwait(false);
        }
    }

    private static Task EndOf(Container container, CancellationToken cancellationToken)
    {
        var ended = container.Waiters.Add(WaitCondition.NextExit, cancellationToken);
        return container.State.IsActive ? ended : Task.CompletedTask;
    }
}
