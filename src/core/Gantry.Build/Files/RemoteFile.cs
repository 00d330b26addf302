using System.Security.Cryptography;
using Gantry.Errors;
using Gantry.IO.Web;
using Gantry.Linux;
using Gantry.Oci;

namespace Gantry.Build.Files;

/// <summary>A file downloaded for ADD, as a tree with just this file: 0600, with the server's Last-Modified as its time.</summary>
internal sealed class RemoteFile : ISourceTree
{
    private const long MaxSize = 1L << 40;
    private const int Mode = 0x180;
    private readonly FileStream _content;
    private readonly byte[] _hash;
    private readonly SourceFile _file;

    private RemoteFile(FileStream content, byte[] hash, SourceFile file)
    {
        _content = content;
        _hash = hash;
        _file = file with { Node = this };
    }

    /// <summary>What the server called it, without parameters; empty for nothing.</summary>
    public string ContentType { get; private init; } = string.Empty;

    public static bool IsUrl(string text) =>
        text.StartsWith("http://", StringComparison.OrdinalIgnoreCase) || text.StartsWith("https://", StringComparison.OrdinalIgnoreCase);

    /// <summary>Downloads into a file without a name below <paramref name="folder"/>.</summary>
    /// <param name="checksum">Digest the content must have, or empty.</param>
    /// <exception cref="GantryException">In Docker's words.</exception>
    public static async Task<RemoteFile> DownloadAsync(string url, string destination, string checksum, string folder, CancellationToken cancellationToken)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var address))
        {
            throw GantryException.InvalidArgument($"invalid URL {url}");
        }

        var name = Uri.UnescapeDataString(address.AbsolutePath.TrimEnd('/').Split('/')[^1]);
        if (name is "" or "." or ".." || name.Contains('/', StringComparison.Ordinal))
        {
            name = destination.EndsWith('/') ? throw GantryException.InvalidArgument($"cannot determine filename for source {url}") : "download";
        }

        using var response = await WebDownload.GetAsync(url, cancellationToken).ConfigureAwait(false);
        var content = OpenNameless(folder);
        try
        {
            var hash = await SaveAsync(response, content, cancellationToken).ConfigureAwait(false);
            Check(checksum, hash, url);
            var modified = response.Content.Headers.LastModified ?? DateTimeOffset.UnixEpoch;
            return new RemoteFile(content, hash, new SourceFile
            {
                Path = name, Kind = FileKind.File, Mode = Mode, Size = content.Length, Modified = (modified - DateTimeOffset.UnixEpoch).Ticks * 100, IsDownload = true,
            })
            {
                ContentType = response.Content.Headers.ContentType?.MediaType ?? string.Empty,
            };
        }
        catch
        {
            await content.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public SourceFile? Find(string path) => path == _file.Path ? _file : null;

    public SourceFile? FindDownload(string address) => _file;

    public IReadOnlyList<SourceFile> List(SourceFile directory) => [_file];

    public byte[] ContentHash(SourceFile file) => _hash;

    public void CopyContent(SourceFile file, int destination) => FileData.CopyFile((int)_content.SafeFileHandle.DangerousGetHandle(), destination, file.Size);

    public Stream OpenRead(SourceFile file)
    {
        var handle = FileAt.Check(FileAt.TryReopen((int)_content.SafeFileHandle.DangerousGetHandle(), OpenAtFlags.ReadOnly), "open", file.Path);
        return new FileStream(new Microsoft.Win32.SafeHandles.SafeFileHandle(handle, ownsHandle: true), FileAccess.Read);
    }

    public IReadOnlyList<KeyValuePair<string, byte[]>> Xattrs(SourceFile file) => [];

    public void Dispose() => _content.Dispose();

    private static async Task<byte[]> SaveAsync(HttpResponseMessage response, FileStream content, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        var buffer = new byte[1 << 16];
        for (int n; (n = await body.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0;)
        {
            hash.AppendData(buffer, 0, n);
            await content.WriteAsync(buffer.AsMemory(0, n), cancellationToken).ConfigureAwait(false);
            if (content.Position > MaxSize)
            {
                throw GantryException.InvalidArgument($"the file is larger than {MaxSize} bytes");
            }
        }

        await content.FlushAsync(cancellationToken).ConfigureAwait(false);
        return hash.GetHashAndReset();
    }

    private static void Check(string checksum, byte[] hash, string url)
    {
        if (checksum.Length > 0 && (!Digest.TryParse(checksum, out var expected) || expected != Digest.FromSha256(hash)))
        {
            throw GantryException.DataCorrupt($"digest mismatch {Digest.FromSha256(hash)}: {checksum} ({url})");
        }
    }

    private static FileStream OpenNameless(string folder)
    {
        var path = Path.Combine(folder, Path.GetRandomFileName());
        var stream = new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);
        File.Delete(path);
        return stream;
    }
}
