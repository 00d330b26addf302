using System.Text;
using Gantry.Oci;

namespace Gantry.Content;

public sealed partial class ContentStore
{
    private readonly Dictionary<string, TaskCompletionSource> _writing = [];

    /// <summary>
    /// Starts or resumes writing the blob <paramref name="expected"/> (default: unknown, told by commit). Returns null when the blob is
    /// already there (and now under the lease). A second writer of the same <paramref name="key"/> waits for the first.
    /// </summary>
    /// <param name="key">Names the partial file across restarts; usually the digest.</param>
    public async Task<ContentWriter?> BeginIngestAsync(
        ContentLease lease, string key, Digest expected, long? expectedSize = null, CancellationToken cancellationToken = default)
    {
        if (!expected.IsEmpty)
        {
            lease.Protect(expected);
        }

        await ReserveAsync(key, cancellationToken).ConfigureAwait(false);
        try
        {
            if (!expected.IsEmpty && TryStat(expected, out _))
            {
                Release(key);
                return null;
            }

            return await ContentWriter.OpenAsync(this, lease, key, IngestPath(key), expected, expectedSize, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            Release(key);
            throw;
        }
    }

    /// <summary>Stores bytes at hand; a no-op when they are there already.</summary>
    public async Task<Digest> WriteAsync(ContentLease lease, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default)
    {
        var digest = Digest.Of(content.Span);
        var writer = await BeginIngestAsync(lease, digest.ToString(), digest, content.Length, cancellationToken).ConfigureAwait(false);
        if (writer is not null)
        {
            await using (writer.ConfigureAwait(false))
            {
                writer.Restart();
                await writer.WriteAsync(content, cancellationToken).ConfigureAwait(false);
                await writer.CommitAsync(cancellationToken).ConfigureAwait(false);
            }
        }

        return digest;
    }

    /// <summary>Removes partial blobs that nobody writes and that were last written before <paramref name="before"/>. Returns the bytes freed.</summary>
    public long RemoveStaleIngests(DateTimeOffset before)
    {
        var freed = 0L;
        foreach (var ingest in new DirectoryInfo(_ingests).EnumerateDirectories())
        {
            var data = new FileInfo(Path.Combine(ingest.FullName, ContentWriter.DataName));
            lock (_writing)
            {
                if (!_writing.Keys.Any(k => IngestPath(k) == ingest.FullName) && (data.Exists ? data : (FileSystemInfo)ingest).LastWriteTimeUtc < before)
                {
                    freed += data.Exists ? data.Length : 0;
                    ingest.Delete(recursive: true);
                }
            }
        }

        return freed;
    }

    internal void Release(string key)
    {
        lock (_writing)
        {
            _writing.Remove(key, out var done);
            done!.SetResult();
        }
    }

    private async Task ReserveAsync(string key, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task other;
            lock (_writing)
            {
                if (!_writing.TryGetValue(key, out var writer))
                {
                    _writing[key] = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                    return;
                }

                other = writer.Task;
            }

            await other.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Keys may be anything; their hash is a safe file name.</summary>
    private string IngestPath(string key) => Path.Combine(_ingests, Digest.Of(Encoding.UTF8.GetBytes(key)).Hex);
}
