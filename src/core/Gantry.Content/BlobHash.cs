using System.Buffers;
using System.Security.Cryptography;
using Gantry.Errors;
using Gantry.Oci;

namespace Gantry.Content;

/// <summary>Hashes a blob with the algorithm of the digest it should have.</summary>
internal sealed class BlobHash : IDisposable
{
    private readonly IncrementalHash _hash;
    private readonly string _algorithm;

    private BlobHash(HashAlgorithmName name, string algorithm)
    {
        _hash = IncrementalHash.CreateHash(name);
        _algorithm = algorithm;
    }

    /// <summary>sha256 when the digest isn't known.</summary>
    internal static BlobHash For(Digest expected) => !expected.IsEmpty && expected.Algorithm == "sha512"
        ? new BlobHash(HashAlgorithmName.SHA512, "sha512")
        : new BlobHash(HashAlgorithmName.SHA256, "sha256");

    internal void Append(ReadOnlySpan<byte> bytes) => _hash.AppendData(bytes);

    /// <summary>Hashes up to <paramref name="length"/> bytes from the file's position; returns how many there were.</summary>
    internal long AppendFile(FileStream file, long length)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(256 << 10);
        var done = 0L;
        while (done < length && file.Read(buffer, 0, (int)Math.Min(buffer.Length, length - done)) is var read and > 0)
        {
            _hash.AppendData(buffer, 0, read);
            done += read;
        }

        ArrayPool<byte>.Shared.Return(buffer);
        return done;
    }

    /// <summary>The digest of what was appended; starts anew.</summary>
    internal Digest Finish() => Digest.TryParse($"{_algorithm}:{Convert.ToHexStringLower(_hash.GetHashAndReset())}", out var digest)
        ? digest
        : throw GantryException.Internal("a hash of the wrong length");

    public void Dispose() => _hash.Dispose();
}
