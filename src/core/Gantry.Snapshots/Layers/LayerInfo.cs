using System.Text.Json.Serialization;
using Gantry.Oci;

namespace Gantry.Snapshots;

/// <summary>An unpacked image layer.</summary>
/// <param name="ParentChainId">Empty for the bottom layer.</param>
/// <param name="Size">Bytes of its regular files, as Docker counts a layer's size.</param>
/// <param name="TarSize">Bytes of its uncompressed tar.</param>
public sealed record LayerInfo(
    [property: JsonPropertyName("chain_id")] Digest ChainId,
    [property: JsonPropertyName("diff_id")] Digest DiffId,
    [property: JsonPropertyName("parent")] Digest ParentChainId,
    [property: JsonPropertyName("size")] long Size,
    [property: JsonPropertyName("tar_size")] long TarSize,
    [property: JsonPropertyName("created")] DateTimeOffset Created);

[JsonSerializable(typeof(LayerInfo))]
[JsonSerializable(typeof(ContainerLayerRecord))]
internal sealed partial class SnapshotJson : JsonSerializerContext;
