namespace Gantry.IO.Compression;

/// <summary>Compression formats told apart by their first bytes.</summary>
public enum CompressionKind
{
    None = 0,
    Gzip,
    Zstd,
    Bzip2,
    Xz,
}
