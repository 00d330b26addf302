using Gantry.Errors;

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
        if (container.Record.HostConfig.LogConfig?.Type == "none")
        {
            throw GantryException.NotImplemented("configured logging driver does not support reading");
        }
    }

    internal Task WriteAsync(Container container, LogRequest request, Stream output, CancellationToken cancellationToken)
    {
        _ = core;
        throw GantryException.NotImplemented("logs");
    }
}
