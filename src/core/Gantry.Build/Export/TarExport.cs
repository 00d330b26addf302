using Gantry.BuildKit;
using Gantry.IO.Streams;
using Gantry.IO.Tar;
using Gantry.IO.Trees;
using Gantry.Snapshots;

namespace Gantry.Build.Export;

/// <summary>Hands a file system over to the client as a tar, in messages of one field.</summary>
internal static class TarExport
{
    public static async Task RunAsync(LayerView view, IMessageStream stream, CancellationToken cancellationToken)
    {
        using (var writer = new TarWriter(new Messages(stream)))
        {
            await TreePacker.PackAsync(view.Descriptor, writer, new TreePackerOptions { Ids = view.Ids }, cancellationToken).ConfigureAwait(false);
            await writer.CompleteAsync(cancellationToken).ConfigureAwait(false);
            await writer.FlushAsync(cancellationToken).ConfigureAwait(false);
        }

        await stream.EndAsync(cancellationToken).ConfigureAwait(false);
        while (await stream.ReadAsync(cancellationToken).ConfigureAwait(false) is not null)
        {
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private sealed class Messages(IMessageStream stream) : WriteOnlyStream
    {
        public override void Write(ReadOnlySpan<byte> buffer) => throw new NotSupportedException();

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            stream.WriteAsync(SingleField.OfBytes(buffer.Span), cancellationToken);
    }
}
