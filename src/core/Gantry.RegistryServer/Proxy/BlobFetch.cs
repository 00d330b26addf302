using System.Security.Cryptography;
using Gantry.Errors;
using Gantry.Oci;
using Gantry.Registry;
using Gantry.RegistryServer.Http;
using Gantry.RegistryServer.Storage;
using Microsoft.AspNetCore.Http;
using Microsoft.Win32.SafeHandles;

namespace Gantry.RegistryServer.Proxy;

/// <summary>
/// One blob on its way from an upstream into a file, and from the file to everybody who asks meanwhile, each at their own pace. The last byte is
/// held back until the digest is known to be right: who got everything got the right thing.
/// </summary>
internal sealed class BlobFetch
{
    private const int BufferSize = 128 * 1024;

    private readonly RegistryStore _store;
    private readonly Digest _digest;
    private readonly string _path;
    private readonly bool _isResumable;
    private readonly SafeFileHandle _file;
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource<long> _size = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource _more = New();
    private long _readable;
    private int _users = 1;

    /// <summary>What is in the file is the beginning of the blob, as far as anybody knows, and there is room for it.</summary>
    private bool _isWorthKeeping;
    private Exception? _failure;

    internal BlobFetch(RegistryStore store, Digest digest)
    {
        (_store, _digest) = (store, digest);
        var partial = store.Partials.TryTake(digest);
        _isResumable = partial is not null;
        _path = partial ?? store.NewTemporary();
        try
        {
            _file = File.OpenHandle(_path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (Exception) when (_isResumable)
        {
            store.Partials.Release(digest);
            throw;
        }

        _isWorthKeeping = _isResumable && RandomAccess.GetLength(_file) > 0;
    }

    /// <summary>The blob's size, once the upstream has told it.</summary>
    /// <exception cref="UpstreamException">The upstream does not give the blob.</exception>
    internal Task<long> SizeAsync(CancellationToken cancellationToken) => _size.Task.WaitAsync(cancellationToken);

    /// <summary>False when it is over and nobody reads any more.</summary>
    internal bool TryJoin()
    {
        lock (_lock)
        {
            _users += _users > 0 ? 1 : 0;
            return _users > 0;
        }
    }

    internal void Leave()
    {
        lock (_lock)
        {
            if (--_users == 0)
            {
                _file.Dispose();
            }
        }
    }

    /// <summary>Why it ended before its time; null while it has not.</summary>
    internal Exception? Failure => _failure;

    /// <summary>Fetches to the end, in one of <paramref name="places"/>; failures are the readers'. To be called once.</summary>
    internal async Task RunAsync(UpstreamRepository repository, SemaphoreSlim places, CancellationToken cancellationToken)
    {
        try
        {
            await places.WaitAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                await FetchAsync(repository, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                places.Release();
            }
        }
        catch (Exception exception)
        {
            if (!_isWorthKeeping)
            {
                File.Delete(_path);
            }

            var failure = exception is GantryException told ? repository.Upstream.Wrap(told) : exception;
            _size.TrySetException(failure);
            _ = _size.Task.Exception;
            Advance(Interlocked.Read(ref _readable), failure);
        }
        finally
        {
            if (_isResumable)
            {
                _store.Partials.Release(_digest);
            }
        }
    }

    /// <summary>Sends a part to a client, waiting for bytes that are not here yet.</summary>
    internal async Task SendAsync(HttpResponse response, ByteRange range, CancellationToken cancellationToken)
    {
        var (offset, end) = (range.Offset, range.Offset + range.Length);
        while (offset < end)
        {
            // Asked before looking, so that what is written in between wakes us up.
            var more = More();
            var available = Math.Min(Interlocked.Read(ref _readable), end) - offset;
            if (available > 0)
            {
                await FileSender.SendAsync(response, _file, new ByteRange(offset, available), cancellationToken).ConfigureAwait(false);
                offset += available;
                continue;
            }

            if (_failure is { } failure)
            {
                throw failure;
            }

            await more.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task FetchAsync(UpstreamRepository repository, CancellationToken cancellationToken)
    {
        var stream = await OpenAsync(repository, cancellationToken).ConfigureAwait(false);
        await using var reading = stream.ConfigureAwait(false);
        using var promise = _store.Room.TryPromise(repository.Name, stream.Size);
        _size.SetResult(stream.Size);
        _isWorthKeeping = _isResumable && promise is not null;
        using var hash = IncrementalHash.CreateHash(_digest.Algorithm == "sha512" ? HashAlgorithmName.SHA512 : HashAlgorithmName.SHA256);
        var (buffer, offset) = (new byte[BufferSize], stream.Offset);
        HashBeginning(hash, buffer, offset);
        for (int read; (read = await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0; offset += read)
        {
            RandomAccess.Write(_file, buffer.AsSpan(0, read), offset);
            hash.AppendData(buffer, 0, read);
            Advance(Math.Min(offset + read, stream.Size - 1), null);
        }

        var actual = Digest.Parse($"{_digest.Algorithm}:{Convert.ToHexStringLower(hash.GetCurrentHash())}");
        if (actual != _digest)
        {
            _isWorthKeeping = false;
            throw GantryException.DataCorrupt($"{repository.Upstream.Address} sent {actual} for {_digest}");
        }

        Keep(repository, promise is not null);
        Advance(offset, null);
    }

    /// <summary>
    /// Goes on after what an earlier fetch left here, all but its last byte: there always is something to ask for. A registry that knows of no such
    /// range is asked for everything.
    /// </summary>
    private async Task<BlobStream> OpenAsync(UpstreamRepository repository, CancellationToken cancellationToken)
    {
        var have = Math.Max(0, RandomAccess.GetLength(_file) - 1);
        try
        {
            return await AskAsync(have).ConfigureAwait(false);
        }
        catch (UpstreamException exception) when (have > 0 && exception.IsRangeRefused)
        {
            return await AskAsync(0).ConfigureAwait(false);
        }

        async Task<BlobStream> AskAsync(long offset) =>
            await repository.Upstream.AskAsync(repository.Path, there => there.OpenBlobAsync(_digest, offset, cancellationToken)).ConfigureAwait(false);
    }

    private void HashBeginning(IncrementalHash hash, byte[] buffer, long length)
    {
        RandomAccess.SetLength(_file, length);
        for (var offset = 0L; offset < length;)
        {
            var read = RandomAccess.Read(_file, buffer.AsSpan(0, (int)Math.Min(buffer.Length, length - offset)), offset);
            hash.AppendData(buffer, 0, read > 0 ? read : throw new EndOfStreamException($"{_path} is shorter than it was"));
            offset += read;
        }
    }

    /// <summary>A blob for which there is no room, or whose repository became somebody's own meanwhile, is passed on only.</summary>
    private void Keep(UpstreamRepository repository, bool hasRoom)
    {
        if (hasRoom && _store.Origins.TryMakeCache(repository.Name, repository.Upstream.Address))
        {
            _store.Blobs.Publish(_path, repository.Name, _digest);
        }
        else
        {
            File.Delete(_path);
        }
    }

    private Task More()
    {
        lock (_lock)
        {
            return _more.Task;
        }
    }

    private void Advance(long readable, Exception? failure)
    {
        TaskCompletionSource woken;
        lock (_lock)
        {
            Interlocked.Exchange(ref _readable, readable);
            _failure = failure;
            woken = _more;
            _more = New();
        }

        woken.SetResult();
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
