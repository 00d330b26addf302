using Gantry.Errors;
using Gantry.IO.Streams;
using Gantry.Linux;
using Gantry.Oci;

namespace Gantry.Content;

/// <summary>
/// Writes one blob, hashing on the way. Disposing without commit keeps the partial file for a later resume; <see cref="Abort"/> removes it.
/// One caller at a time.
/// </summary>
public sealed partial class ContentWriter : WriteOnlyStream
{
    internal const string DataName = "data";
    private const long WriteBackStep = 8 << 20;

    private readonly ContentStore _store;
    private readonly ContentLease _lease;
    private readonly string _key;
    private readonly string _directory;
    private readonly Digest _expected;
    private readonly long? _expectedSize;
    private readonly FileStream _file;
    private readonly IngestState _ingest;
    private BlobHash _hash;
    private long _offset;
    private long _writtenBack;
    private bool _closed;
    private bool _inOneGo;

    private ContentWriter(ContentStore store, ContentLease lease, string key, string directory, Digest expected, long? expectedSize)
    {
        _store = store;
        _lease = lease;
        _key = key;
        _directory = directory;
        _expected = expected;
        _expectedSize = expectedSize;
        Directory.CreateDirectory(directory);
        _file = new FileStream(DataPath, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read | FileShare.Delete, bufferSize: 0);
        _ingest = new IngestState(directory, _file.SafeFileHandle);
        _hash = BlobHash.For(expected);
    }

    /// <summary>Bytes already there, from an earlier attempt or written now: continue the download at this offset.</summary>
    public long Offset
    {
        get => Volatile.Read(ref _offset);
        private set => Volatile.Write(ref _offset, value);
    }

    private string DataPath => Path.Combine(_directory, DataName);

    internal static async Task<ContentWriter> OpenAsync(
        ContentStore store, ContentLease lease, string key, string directory, Digest expected, long? expectedSize, CancellationToken cancellationToken)
    {
        ContentWriter? writer = null;
        try
        {
            writer = new ContentWriter(store, lease, key, directory, expected, expectedSize);
            await Task.Run(writer.Resume, cancellationToken).ConfigureAwait(false);
            return writer;
        }
        catch (Exception exception)
        {
            writer?._file.Dispose();
            writer?._hash.Dispose();
            if (exception is IOException full && LinuxException.IsNoSpace(full))
            {
                throw new GantryException(ErrorKind.ResourceExhausted, $"writing {key}: no space left on device", full);
            }

            throw;
        }
    }

    /// <summary>Forgets what is there and starts at 0 (a server without range requests).</summary>
    public void Restart()
    {
        if (Offset > 0)
        {
            _hash.Dispose();
            _hash = BlobHash.For(_expected);
            Offset = 0;
            _writtenBack = 0;
        }

        ForgetRanges();
        _file.SetLength(0);
        _file.Position = 0;
    }

    /// <summary>Makes the blob visible when digest and size are right; otherwise removes it.</summary>
    /// <exception cref="GantryException">DataCorrupt, in containerd's words.</exception>
    public Task<BlobInfo> CommitAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        cancellationToken.ThrowIfCancellationRequested();
        var actual = _hash.Finish();
        var error = _expectedSize is { } size && size != Offset ? $"unexpected commit size {Offset}, expected {size}: failed precondition"
            : !_expected.IsEmpty && _expected != actual ? $"unexpected commit digest {actual}, expected {_expected}: failed precondition"
            : null;
        if (error is not null)
        {
            Abort();
            throw GantryException.DataCorrupt(error);
        }

        _lease.Protect(actual);
        var info = _store.Publish(DataPath, actual, Offset);
        Tell(ContentWriterState.Committed);
        Abort();
        return Task.FromResult(info);
    }

    /// <summary>Removes the partial file.</summary>
    public void Abort()
    {
        if (!_closed)
        {
            _ingest.Stop();
            Directory.Delete(_directory, recursive: true);
            Dispose();
        }
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        if (Offset + buffer.Length > _expectedSize)
        {
            Abort();
            throw GantryException.DataCorrupt($"unexpected commit size: more than the {_expectedSize} bytes expected: failed precondition");
        }

        if (!_inOneGo)
        {
            ForgetRanges();
            _inOneGo = true;
        }

        var descriptor = (int)_file.SafeFileHandle.DangerousGetHandle();
        try
        {
            FileData.WriteAll(descriptor, buffer, Offset);
        }
        catch (LinuxException e)
        {
            throw e.ToGantry($"writing {_key}");
        }

        _hash.Append(buffer);
        Moved(buffer.Length);
    }

    /// <summary>Goes to the page cache, so it completes at once.</summary>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Write(buffer.Span);
        return ValueTask.CompletedTask;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_closed)
        {
            _closed = true;
            Tell(ContentWriterState.Stopped);
            _ingest.Stop();
            _file.Dispose();
            _hash.Dispose();
            _store.Release(_key);
        }

        base.Dispose(disposing);
    }

    /// <summary>Takes over what an earlier writer left, as far as it can be trusted, and hashes it.</summary>
    private void Resume()
    {
        var trusted = Math.Min(_ingest.TrustedLength(_file.Length), _expectedSize ?? long.MaxValue);
        if (_ingest.IsOfThisBoot && ContentRanges.Prefix(RangesPath, _expectedSize ?? 0) is { } prefix)
        {
            // What lies further on is some part's, and is looked at when parts are written again.
            trusted = Math.Min(trusted, prefix);
        }
        else
        {
            File.Delete(RangesPath);
            _file.SetLength(trusted);
        }

        _file.Position = 0;
        Offset = _hash.AppendFile(_file, trusted);
        _writtenBack = Offset;
        _ingest.Begin();
    }
}
