using System.Threading.Channels;
using Gantry.IO.Streams;

namespace Gantry.Build.Tests.Client;

/// <summary>Two ends of a message stream in memory.</summary>
internal sealed class MessagePipe : IMessageStream
{
    private readonly ChannelReader<byte[]> _reader;
    private readonly ChannelWriter<byte[]> _writer;

    private MessagePipe(ChannelReader<byte[]> reader, ChannelWriter<byte[]> writer)
    {
        _reader = reader;
        _writer = writer;
    }

    internal static (MessagePipe Near, MessagePipe Far) Create()
    {
        var (there, back) = (Channel.CreateUnbounded<byte[]>(), Channel.CreateUnbounded<byte[]>());
        return (new MessagePipe(back.Reader, there.Writer), new MessagePipe(there.Reader, back.Writer));
    }

    public async ValueTask<ReadOnlyMemory<byte>?> ReadAsync(CancellationToken cancellationToken)
    {
        if (await _reader.WaitToReadAsync(cancellationToken) && _reader.TryRead(out var message))
        {
            return message;
        }

        return null;
    }

    public ValueTask WriteAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
    {
        _writer.TryWrite(message.ToArray());
        return ValueTask.CompletedTask;
    }

    public ValueTask EndAsync(CancellationToken cancellationToken)
    {
        _writer.TryComplete();
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => EndAsync(CancellationToken.None);
}
