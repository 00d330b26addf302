using System.Globalization;
using Gantry.Errors;
using Gantry.IO.Compression;
using Gantry.Oci;

namespace Gantry.Images.Transfer;

/// <summary>The form in which a push sends all layers.</summary>
/// <param name="Kind">None, Gzip or Zstd.</param>
/// <param name="Level">Null where any will do.</param>
public sealed record LayerCompression(CompressionKind Kind, int? Level)
{
    /// <summary>As a push asks for it; null when it asks for nothing.</summary>
    /// <exception cref="GantryException">InvalidArgument.</exception>
    public static LayerCompression? Parse(string kind, string level)
    {
        if (kind.Length == 0)
        {
            return level.Length == 0 ? null : throw GantryException.InvalidArgument("a compression level needs a compression");
        }

        var (parsed, highest) = kind switch
        {
            "uncompressed" => (CompressionKind.None, 0),
            "gzip" => (CompressionKind.Gzip, 9),
            "zstd" => (CompressionKind.Zstd, ParallelZstdStream.MaxLevel),
            _ => throw GantryException.InvalidArgument($"invalid compression \"{kind}\": it must be gzip, zstd or uncompressed"),
        };
        return level.Length == 0 ? new LayerCompression(parsed, null)
            : highest == 0 ? throw GantryException.InvalidArgument("what is not compressed has no compression level")
            : int.TryParse(level, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= highest ? new LayerCompression(parsed, number)
            : throw GantryException.InvalidArgument($"invalid compression level \"{level}\" for {kind}: it must be from 1 to {highest}");
    }

    /// <summary>How blobs made for a push that asked for this are told apart from others.</summary>
    internal string Name => Level is { } level ? string.Create(CultureInfo.InvariantCulture, $"{MediaType}:{level}") : MediaType;

    internal string MediaType => Kind switch
    {
        CompressionKind.None => MediaTypes.OciLayer,
        CompressionKind.Zstd => MediaTypes.OciLayerZstd,
        _ => MediaTypes.OciLayerGzip,
    };

    /// <summary>True for a blob in this form, of whatever level.</summary>
    internal bool IsFormOf(Descriptor blob) => blob.MediaType == MediaType || (Kind, blob.MediaType) is
        (CompressionKind.None, MediaTypes.DockerLayer) or (CompressionKind.Gzip, MediaTypes.DockerLayerGzip);

    /// <summary>Writes through to <paramref name="destination"/>, which stays open.</summary>
    internal async Task WriteAsync(Stream destination, Func<Stream, Task> write, CancellationToken cancellationToken)
    {
        if (Kind == CompressionKind.None)
        {
            await write(destination).ConfigureAwait(false);
            return;
        }

        PiecewiseCompressionStream compressing = Kind == CompressionKind.Zstd
            ? new ParallelZstdStream(destination, Level ?? ParallelZstdStream.DefaultLevel)
            : new ParallelGzipStream(destination, Level ?? ParallelGzipStream.Fastest);
        await using var closing = compressing.ConfigureAwait(false);
        await write(compressing).ConfigureAwait(false);
        await compressing.FinishAsync(cancellationToken).ConfigureAwait(false);
    }
}
