using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Gantry.Linux;
using Gantry.Oci;

namespace Gantry.Build.Files;

/// <summary>
/// What a copied file or directory is, for the cache: names, types, modes, owners where they are kept, contents and link targets. Times do
/// not count, as in Docker.
/// </summary>
internal sealed class SourceChecksum(ISourceTree tree, bool withOwner, Func<SourceFile, bool> isLeftOut, CancellationToken cancellationToken)
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    /// <summary>The digest of a file, or of everything in a directory (its own attributes are not copied and don't count).</summary>
    public Digest Of(SourceFile file)
    {
        if (file.IsDirectory)
        {
            AddChildren(file, file.Path.Length);
        }
        else
        {
            Add(file, string.Empty);
        }

        return Digest.FromSha256(_hash.GetHashAndReset());
    }

    private void AddChildren(SourceFile directory, int prefix)
    {
        foreach (var child in tree.List(directory))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (isLeftOut(child))
            {
                continue;
            }

            Add(child, child.Path[prefix..]);
            if (child.IsDirectory)
            {
                AddChildren(child, prefix);
            }
        }
    }

    private void Add(SourceFile file, string name)
    {
        Span<byte> header = stackalloc byte[28];
        BinaryPrimitives.WriteInt32LittleEndian(header, (int)file.Kind | file.Mode);
        BinaryPrimitives.WriteUInt32LittleEndian(header[4..], withOwner ? file.UserId : 0);
        BinaryPrimitives.WriteUInt32LittleEndian(header[8..], withOwner ? file.GroupId : 0);
        BinaryPrimitives.WriteUInt32LittleEndian(header[12..], file.DeviceMajor);
        BinaryPrimitives.WriteUInt32LittleEndian(header[16..], file.DeviceMinor);
        BinaryPrimitives.WriteInt64LittleEndian(header[20..], file.Kind == FileKind.File ? file.Size : 0);
        AddText(name);
        _hash.AppendData(header);
        AddText(file.LinkTarget);
        if (file.Kind == FileKind.File)
        {
            _hash.AppendData(tree.ContentHash(file));
        }

        foreach (var (key, value) in tree.Xattrs(file).OrderBy(x => x.Key, StringComparer.Ordinal))
        {
            AddText(key);
            _hash.AppendData(value);
        }
    }

    private void AddText(string text)
    {
        _hash.AppendData(Encoding.UTF8.GetBytes(text));
        _hash.AppendData([0]);
    }
}
