using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Gantry.Oci;

namespace Gantry.Build.Graph;

/// <summary>Hashes the parts of a key so that no two lists of parts look the same: each part goes in with its length.</summary>
internal sealed class KeyBuilder
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public KeyBuilder(string kind) => Add(kind);

    public KeyBuilder Add(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, bytes.Length);
        _hash.AppendData(length);
        _hash.AppendData(bytes);
        return this;
    }

    public KeyBuilder Add(Digest digest) => Add(digest.ToString());

    public KeyBuilder Add(IReadOnlyCollection<string> texts)
    {
        Add(texts.Count.ToString(System.Globalization.CultureInfo.InvariantCulture));
        foreach (var text in texts)
        {
            Add(text);
        }

        return this;
    }

    public Digest Build()
    {
        using (_hash)
        {
            return Digest.FromSha256(_hash.GetHashAndReset());
        }
    }
}
