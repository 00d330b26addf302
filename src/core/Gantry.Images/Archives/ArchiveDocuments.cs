using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Gantry.Errors;
using Gantry.Oci;

namespace Gantry.Images.Archives;

/// <summary>The JSON documents of an archive that somebody sent. JSON's null gets into everything in spite of its type, so all that is used later is looked at here.</summary>
internal static class ArchiveDocuments
{
    /// <summary>A docker-archive's manifest.json.</summary>
    /// <exception cref="GantryException">InvalidArgument.</exception>
    internal static IReadOnlyList<ArchiveManifest> Manifests(byte[] content)
    {
        var manifests = Parse(content, ArchiveJson.Default.IReadOnlyListArchiveManifest, "manifest.json");
        return manifests.All(manifest => manifest is not null && !string.IsNullOrEmpty(manifest.Config) && AllThere(manifest.Layers) && AllThere(manifest.RepoTags))
            ? manifests
            : throw Invalid("manifest.json has an image without a config, or with an empty name");
    }

    /// <summary>An index; entries without a digest are refused.</summary>
    /// <exception cref="GantryException">InvalidArgument.</exception>
    internal static IReadOnlyList<Descriptor> Index(byte[] content)
    {
        var index = Parse(content, OciJson.Default.ImageIndex, "an index");
        return index.Manifests?.All(entry => entry is { Digest.IsEmpty: false }) == true ? index.Manifests : throw Invalid("an index has an entry without a digest");
    }

    /// <summary>An image's manifest. Programs in Go write null for a list of no layers.</summary>
    /// <exception cref="GantryException">InvalidArgument.</exception>
    internal static Manifest Manifest(byte[] content)
    {
        var manifest = Parse(content, OciJson.Default.Manifest, "a manifest");
        return manifest is { Config.Digest.IsEmpty: false } && manifest.Layers?.All(layer => layer is { Digest.IsEmpty: false }) != false
            ? manifest with { Layers = manifest.Layers ?? [] }
            : throw Invalid("a manifest has no config, or a layer without a digest");
    }

    /// <summary>An image's configuration.</summary>
    /// <exception cref="GantryException">InvalidArgument.</exception>
    internal static ImageConfig Config(byte[] content)
    {
        var config = Parse(content, OciJson.Default.ImageConfig, "an image configuration");
        return config.RootFs?.DiffIds?.All(diffId => !diffId.IsEmpty) == true ? config : throw Invalid("an image configuration has no rootfs, or an empty diff id");
    }

    private static bool AllThere(IReadOnlyList<string>? names) => names?.All(name => !string.IsNullOrEmpty(name)) != false;

    private static T Parse<T>(byte[] content, JsonTypeInfo<T> type, string what)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(content, type) ?? throw Invalid($"{what} is null");
        }
        catch (JsonException e)
        {
            // Its own words are about our types.
            throw new GantryException(ErrorKind.InvalidArgument, $"invalid archive: {what} is malformed JSON{(e.LineNumber is { } line ? $" (line {line + 1}, byte {e.BytePositionInLine + 1})" : string.Empty)}", e);
        }
    }

    private static GantryException Invalid(string what) => GantryException.InvalidArgument($"invalid archive: {what}");
}
