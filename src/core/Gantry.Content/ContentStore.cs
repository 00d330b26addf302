using System.Globalization;
using Gantry.Errors;
using Gantry.IO.Durability;
using Gantry.Linux;
using Gantry.Oci;

namespace Gantry.Content;

/// <summary>
/// Immutable blobs by digest under <c>ROOT/blobs/sha256/HEX</c> (an OCI layout's blob folder as it stands). A blob is visible only when
/// complete and right. New blobs live as long as a <see cref="ContentLease"/> or a root names them.
/// </summary>
public sealed partial class ContentStore
{
    private readonly string _blobs;
    private readonly string _ingests;
    private readonly UnsyncedJournal _unsynced;
    private readonly LeaseTable _leases = new();

    private ContentStore(string root)
    {
        _blobs = Path.Combine(root, "blobs");
        _ingests = Path.Combine(root, "ingest");
        Directory.CreateDirectory(Path.Combine(_blobs, "sha256"));
        Directory.CreateDirectory(Path.Combine(_blobs, "sha512"));
        Directory.CreateDirectory(_ingests);
        _unsynced = UnsyncedJournal.Open(Path.Combine(root, "unsynced"), CheckSuspect);
    }

    /// <summary>
    /// Opens the store at <paramref name="root"/>, creating it when missing. Blobs that a power cut may have damaged are checked and, if
    /// damaged, removed.
    /// </summary>
    public static ContentStore Open(string root) => new(Path.GetFullPath(root));

    /// <summary>Where the blob is, or would be.</summary>
    public string PathOf(Digest digest) => Path.Combine(_blobs, digest.Algorithm, digest.Hex);

    public bool TryStat(Digest digest, out BlobInfo info)
    {
        // One look at the file: FileInfo remembers it, so that size and time are of the same moment.
        var file = new FileInfo(PathOf(digest));
        info = file.Exists ? new BlobInfo(digest, file.Length, file.LastWriteTimeUtc) : default;
        return file.Exists;
    }

    /// <summary>Opens a blob for reading (a seekable FileStream); the caller disposes. Stays readable when the blob is deleted meanwhile.</summary>
    /// <exception cref="GantryException">NotFound.</exception>
    public FileStream OpenRead(Digest digest)
    {
        try
        {
            return new FileStream(PathOf(digest), new FileStreamOptions
            {
                Mode = FileMode.Open,
                Access = FileAccess.Read,
                Share = FileShare.Read | FileShare.Delete,
                BufferSize = 0,
                Options = FileOptions.SequentialScan,
            });
        }
        catch (FileNotFoundException e)
        {
            throw GantryException.NotFound($"content digest {digest}: not found", e);
        }
    }

    /// <summary>Reads a blob and compares it with its digest. False when it is damaged, or gone.</summary>
    public bool Verify(Digest digest)
    {
        try
        {
            using var file = OpenRead(digest);
            using var hash = BlobHash.For(digest);
            hash.AppendFile(file, long.MaxValue);
            return hash.Finish() == digest;
        }
        catch (Exception e) when (e is GantryException or IOException)
        {
            // Gone, or the disk can't read it any more.
            return false;
        }
    }

    /// <summary>Reads a small document (manifest, config) whole.</summary>
    /// <exception cref="GantryException">NotFound; DataCorrupt when larger than <paramref name="maximum"/> bytes.</exception>
    public byte[] ReadAll(Digest digest, int maximum = 16 << 20)
    {
        using var file = OpenRead(digest);
        if (file.Length > maximum)
        {
            throw GantryException.DataCorrupt($"content digest {digest}: {file.Length.ToString(CultureInfo.InvariantCulture)} bytes, more than the {maximum} expected");
        }

        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>Starts protecting content from the garbage collector until the lease is disposed.</summary>
    public ContentLease Lease(string purpose) => new(_leases, purpose);

    /// <summary>Starts a garbage collection; dispose it to end it.</summary>
    public ContentCollection Collect() => new(_leases);

    /// <summary>Removes a blob at once, whoever refers to it; false when it isn't there.</summary>
    public bool Delete(Digest digest) => FileAt.TryUnlink(FileAt.CurrentDirectory, PathOf(digest)) switch
    {
        0 => true,
        -Errno.ENOENT => false,
        var error => throw new LinuxException("unlink", -error, PathOf(digest)),
    };

    /// <summary>All blobs, in no order. One that goes meanwhile is left out.</summary>
    public IEnumerable<BlobInfo> Enumerate()
    {
        foreach (var folder in Directory.EnumerateDirectories(_blobs))
        {
            foreach (var file in Directory.EnumerateFiles(folder))
            {
                if (Digest.TryParse($"{Path.GetFileName(folder)}:{Path.GetFileName(file)}", out var digest) && TryStat(digest, out var info))
                {
                    yield return info;
                }
            }
        }
    }

    /// <summary>Makes every blob committed so far survive a power cut.</summary>
    public Task SyncAsync(CancellationToken cancellationToken = default) => Task.Run(_unsynced.Sync, cancellationToken);

    /// <summary>Moves a finished file into place. The journal entry comes first, so that after a power cut the blob is looked at.</summary>
    internal BlobInfo Publish(string file, Digest digest, long size)
    {
        _unsynced.Mark($"{digest.Algorithm}-{digest.Hex}");
        FileAt.Rename(file, PathOf(digest));
        return new BlobInfo(digest, size, DateTimeOffset.UtcNow);
    }

    private void CheckSuspect(string name)
    {
        if (Digest.TryParse(name.Replace('-', ':'), out var digest) && TryStat(digest, out _) && !Verify(digest))
        {
            Delete(digest);
        }
    }
}
