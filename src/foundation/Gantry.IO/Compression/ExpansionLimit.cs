namespace Gantry.IO.Compression;

/// <summary>How far compressed content may grow, against those few kilobytes that become terabytes: content of up to <paramref name="From"/> bytes always passes, more only where it is at most <paramref name="Ratio"/> times what it was read from.</summary>
/// <param name="From">Bytes of plain content.</param>
/// <param name="Ratio">Plain bytes for each compressed one. gzip reaches 1,030 with nothing but zeros, zstd far more.</param>
public sealed record ExpansionLimit(long From, int Ratio);
