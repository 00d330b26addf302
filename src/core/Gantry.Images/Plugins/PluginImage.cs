using Gantry.Oci;

namespace Gantry.Images.Plugins;

/// <summary>What a plugin consists of in the content and layer stores: a config, and layers that are its root file system.</summary>
public sealed record PluginImage
{
    /// <summary>The config's blob.</summary>
    public required Descriptor Config { get; init; }

    /// <summary>The unpacked layers, bottom first.</summary>
    public required IReadOnlyList<Digest> Chain { get; init; }

    /// <summary>The manifest that it came with; null for one made here.</summary>
    public Descriptor? Manifest { get; init; }

    /// <summary>Blobs of the layers as they came, bottom first; empty for one made here.</summary>
    public IReadOnlyList<Descriptor> Blobs { get; init; } = [];

    /// <summary>All that must not be collected while the plugin is there.</summary>
    public IEnumerable<Digest> Roots() => Chain.Concat(ContentRoots());

    /// <summary>Those of them that are blobs.</summary>
    public IEnumerable<Digest> ContentRoots() => Blobs.Select(b => b.Digest).Append(Config.Digest).Concat(Manifest is null ? [] : [Manifest.Digest]);
}

/// <summary>A plugin that is here.</summary>
/// <param name="Name">As users see it.</param>
/// <param name="Reference">Where it came from.</param>
/// <param name="InUse">Its layers are mounted.</param>
public sealed record KeptPlugin(string Name, string Reference, bool InUse, PluginImage Image);

/// <summary>A plugin in a registry.</summary>
/// <param name="Manifest">Its manifest, verified.</param>
/// <param name="Config">Its config's bytes, verified.</param>
public sealed record RemotePlugin(Descriptor Manifest, ReadOnlyMemory<byte> ManifestContent, Descriptor ConfigDescriptor, ReadOnlyMemory<byte> Config, IReadOnlyList<Descriptor> Layers);
