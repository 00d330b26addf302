using System.Buffers;
using System.IO.Pipelines;
using System.Security.Cryptography;
using Gantry.Oci;
using Microsoft.Win32.SafeHandles;

namespace Gantry.RegistryServer.Storage;

/// <summary>
/// One upload: a file that only grows, with a running sha256 over it. Its length is the whole state, so it goes on after a cut connection
/// or a killed server; the hash is then made again from the file. Used by one request at a time (<see cref="UploadTable"/> sees to it).
/// </summary>
internal sealed class UploadSession : IDisposable
{
    private const int HashBuffer = 256 * 1024;
    private readonly SafeFileHandle _file;
    private readonly string _path;
    private readonly StorageUsage _usage;
    private IncrementalHash? _hash;

    internal UploadSession(RepositoryName repository, Guid id, string path, FileMode mode, StorageUsage usage)
    {
        Repository = repository;
        Id = id;
        _path = path;
        _usage = usage;
        _file = File.OpenHandle(path, mode, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        Length = RandomAccess.GetLength(_file);
        _hash = Length == 0 ? IncrementalHash.CreateHash(HashAlgorithmName.SHA256) : null;
    }

    internal RepositoryName Repository { get; }

    internal Guid Id { get; }

    /// <summary>Bytes received and written.</summary>
    internal long Length { get; private set; }

    /// <summary>Environment.TickCount64 of the last request that used the session.</summary>
    internal long LastUsed { get; set; } = Environment.TickCount64;

    /// <summary>Appends a request body. What arrived before a cut connection is kept; the exception goes on.</summary>
    /// <returns>False when reading ended because there is no room for more.</returns>
    internal async Task<bool> AppendAsync(PipeReader body, StorageRoom room, CancellationToken cancellationToken)
    {
        await EnsureHashAsync(cancellationToken).ConfigureAwait(false);
        while (true)
        {
            var result = await body.ReadAsync(cancellationToken).ConfigureAwait(false);
            var hasRoom = true;
            foreach (var segment in result.Buffer)
            {
                hasRoom = hasRoom && TryAppend(segment.Span, room);
            }

            body.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted || !hasRoom)
            {
                return hasRoom;
            }
        }
    }

    private bool TryAppend(ReadOnlySpan<byte> bytes, StorageRoom room)
    {
        if (!room.TryTake(Repository, bytes.Length))
        {
            return false;
        }

        var failed = true;
        try
        {
            RandomAccess.Write(_file, bytes, Length);
            failed = false;
        }
        finally
        {
            room.Written(Repository, bytes.Length, failed);
        }

        _hash!.AppendData(bytes);
        Length += bytes.Length;
        return true;
    }

    /// <summary>The digest of all received bytes by the algorithm that <paramref name="wanted"/> names.</summary>
    internal async Task<Digest> ComputeAsync(Digest wanted, CancellationToken cancellationToken)
    {
        if (wanted.Algorithm == "sha512")
        {
            using var sha512 = IncrementalHash.CreateHash(HashAlgorithmName.SHA512);
            await HashFileAsync(sha512, cancellationToken).ConfigureAwait(false);
            return Digest.Parse("sha512:" + Convert.ToHexStringLower(sha512.GetCurrentHash()));
        }

        await EnsureHashAsync(cancellationToken).ConfigureAwait(false);
        return Digest.FromSha256(_hash!.GetCurrentHash());
    }

    /// <summary>Gives the file up; whoever called owns it under the returned path, and its bytes are no upload's any more.</summary>
    internal string Detach()
    {
        _usage.Add(-Length);
        Dispose();
        return _path;
    }

    public void Dispose()
    {
        _file.Dispose();
        _hash?.Dispose();
        _hash = null;
    }

    private async Task EnsureHashAsync(CancellationToken cancellationToken)
    {
        if (_hash is null)
        {
            var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            await HashFileAsync(hash, cancellationToken).ConfigureAwait(false);
            _hash = hash;
        }
    }

    private async Task HashFileAsync(IncrementalHash hash, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(HashBuffer);
        try
        {
            for (long offset = 0; offset < Length;)
            {
                var wanted = (int)Math.Min(buffer.Length, Length - offset);
                var read = await RandomAccess.ReadAsync(_file, buffer.AsMemory(0, wanted), offset, cancellationToken).ConfigureAwait(false);
                if (read == 0)
                {
                    throw new IOException("an upload's file became shorter");
                }

                hash.AppendData(buffer, 0, read);
                offset += read;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
