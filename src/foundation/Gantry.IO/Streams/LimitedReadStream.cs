using Gantry.Errors;

namespace Gantry.IO.Streams;

/// <summary>Fails with DataCorrupt once more than <paramref name="limit"/> bytes come: for input whose size someone else controls. Leaves the source open.</summary>
public sealed class LimitedReadStream(Stream source, long limit, string what) : ReadOnlyStream
{
    private long _count;

    public override int Read(Span<byte> buffer) => Count(source.Read(buffer));

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        Count(await source.ReadAsync(buffer, cancellationToken).ConfigureAwait(false));

    private int Count(int read)
    {
        _count += read;
        return _count <= limit ? read : throw GantryException.DataCorrupt($"{what}: more than {limit} bytes");
    }
}
