using System.Security.Cryptography;
using System.Text.Json;
using Gantry.Oci;

namespace Gantry.Registry;

/// <summary>A manifest or index as a registry sent it, its digest checked.</summary>
/// <param name="MediaType">What the registry declared, or else what the document says of itself.</param>
public sealed record ManifestContent(string MediaType, Digest Digest, ReadOnlyMemory<byte> Content)
{
    /// <summary>The descriptor that names this document.</summary>
    public Descriptor Descriptor => new() { MediaType = MediaType, Digest = Digest, Size = Content.Length };

    /// <summary>A document kept from an earlier pull.</summary>
    public static ManifestContent FromStore(Descriptor descriptor, ReadOnlyMemory<byte> content) =>
        new(TypeOf(descriptor.MediaType, content), descriptor.Digest, content);

    internal static Digest DigestOf(ReadOnlySpan<byte> content, string algorithm) =>
        algorithm == "sha512" ? Digest.Parse("sha512:" + Convert.ToHexStringLower(SHA512.HashData(content))) : Digest.Of(content);

    /// <summary>Registries that declare JSON or plain text are taken at the document's word.</summary>
    internal static string TypeOf(string? declared, ReadOnlyMemory<byte> content)
    {
        if (MediaTypes.IsIndex(declared) || MediaTypes.IsManifest(declared))
        {
            return declared!;
        }

        try
        {
            using var document = JsonDocument.Parse(content);
            var root = document.RootElement;
            return root.ValueKind != JsonValueKind.Object ? declared ?? string.Empty
                : root.TryGetProperty("mediaType", out var type) && type.ValueKind == JsonValueKind.String ? type.GetString()!
                : root.TryGetProperty("manifests", out _) ? MediaTypes.OciIndex
                : root.TryGetProperty("config", out _) ? MediaTypes.OciManifest
                : declared ?? string.Empty;
        }
        catch (JsonException)
        {
            return declared ?? string.Empty;
        }
    }
}
