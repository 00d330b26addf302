using Gantry.Content;
using Gantry.Oci;
using Gantry.Registry;

namespace Gantry.Images.Transfer;

/// <summary>
/// Fetches one large blob in parts, several at once over connections of their own, into their places in the file. Hashing and unpacking follow from
/// the front. Memory is one buffer a connection; each part goes on where it broke, also in the next process.
/// </summary>
internal sealed class PartsDownload(RegistryRepository repository, Descriptor blob, TransferOptions options, RetryNotice retrying)
{
    private const int BufferSize = 256 * 1024;

    /// <summary>Nothing was written when this returns false: the registry has no ranges.</summary>
    /// <param name="unpacking">Its failure ends the download.</param>
    internal async Task<bool> TryRunAsync(ContentWriter writer, IProgress<long> progress, Task unpacking, CancellationToken cancellationToken)
    {
        using var ranges = writer.BeginRanges(options.PartSize);
        var parts = new Queue<ContentPart>(ranges.Missing);
        var first = parts.TryPeek(out var part) ? await OpenAsync(part, cancellationToken).ConfigureAwait(false) : null;
        if (first is null)
        {
            return false;
        }

        parts.Dequeue();
        async Task<bool> WorkAsync(BlobStream? opened, CancellationToken token)
        {
            for (var mine = opened is null ? Next() : part; mine is { } next; mine = Next(), opened = null)
            {
                await FetchAsync(ranges, next, opened, progress, unpacking, token).ConfigureAwait(false);
            }

            return true;
        }

        ContentPart? Next()
        {
            lock (parts)
            {
                return parts.TryDequeue(out var next) ? next : null;
            }
        }

        async Task<bool> HashAsync(CancellationToken token)
        {
            await ranges.HashAsync(token).ConfigureAwait(false);
            return true;
        }

        // Each begins on a thread of its own: what is at hand already must not keep the others from starting.
        var jobs = Enumerable.Range(0, options.PartsAtOnce).Select(i => (Func<CancellationToken, Task<bool>>)(token => WorkAsync(i == 0 ? first : null, token))).Append(HashAsync);
        await Together.RunAsync(jobs, (job, token) => Task.Run(() => job(token), token), cancellationToken).ConfigureAwait(false);
        return true;
    }

    private Task<BlobStream?> OpenAsync(ContentPart part, CancellationToken cancellationToken) =>
        repository.TryOpenRangeAsync(blob, part.Position, part.End, retrying, cancellationToken);

    /// <summary>A registry that had ranges a moment ago and now sends everything is read up to the part and through it.</summary>
    private async Task FetchAsync(ContentRanges ranges, ContentPart part, BlobStream? opened, IProgress<long> progress, Task unpacking, CancellationToken cancellationToken)
    {
        var stream = opened ?? await OpenAsync(part, cancellationToken).ConfigureAwait(false)
            ?? await repository.OpenBlobAsync(blob, part.Position, retrying, cancellationToken).ConfigureAwait(false);
        await using var reading = stream.ConfigureAwait(false);
        var buffer = new byte[BufferSize];
        for (var left = part.End - part.Position; left > 0;)
        {
            var read = await stream.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, left)), cancellationToken).ConfigureAwait(false);
            if (read == 0)
            {
                throw new EndOfStreamException($"part {part.Number} of {blob.Digest} ended early");
            }

            ranges.Write(part.Number, buffer.AsSpan(0, read));
            left -= read;
            lock (ranges)
            {
                progress.Report(ranges.Written);
            }

            if (unpacking.IsFaulted)
            {
                await unpacking.ConfigureAwait(false);
            }
        }
    }
}
