using Gantry.Api;
using Gantry.Engine.Http.Resources;
using Gantry.Engine.Http.Routing;
using Gantry.IO.Streams;

namespace Gantry.Engine.Http.Streams;

/// <summary>Tells a client how much of an import was read: the first piece, every 512 KiB and the end. Does not own <paramref name="messages"/>.</summary>
/// <param name="total">In bytes; null when the server didn't say.</param>
internal sealed class ImportProgressStream(Stream inner, long? total, JsonStream messages) : ReadOnlyStream
{
    private const long Step = 512 * 1024;
    private long _read;
    private long _told;

    public override int Read(Span<byte> buffer) => throw new NotSupportedException("An import is read asynchronously.");

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        _read += read;
        var isNews = _told == 0 || _read - _told >= Step || read == 0 || _read == total;
        if (_read > _told && isNews)
        {
            _told = _read;
            await messages.WriteAsync(new JsonMessage
            {
                Status = "Importing",
                ProgressDetail = new JsonProgress { Current = _read, Total = total ?? -1 },
                Progress = ProgressBar.Format(_read, total ?? -1),
            }).ConfigureAwait(false);
        }

        return read;
    }

    public override async ValueTask DisposeAsync()
    {
        await inner.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }
}
