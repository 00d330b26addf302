using Gantry.Client.Streams;

namespace Gantry.Apps.Cli.Streams;

/// <summary>Frames to our stdout and stderr, in the order in which they came.</summary>
internal sealed class ConsoleSink(Cli cli) : IFrameSink
{
    private StreamKind _last = StreamKind.StandardOutput;

    public void Write(StreamKind kind, ReadOnlySpan<byte> bytes)
    {
        if (kind != _last)
        {
            Flush();
            _last = kind;
        }

        (kind == StreamKind.StandardError ? cli.Error : cli.Out).Append(bytes);
    }

    public void Flush() => (_last == StreamKind.StandardError ? cli.Error : cli.Out).Flush();
}
