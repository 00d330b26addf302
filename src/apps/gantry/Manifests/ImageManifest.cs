using System.Text.Encodings.Web;
using System.Text.Json;
using Gantry.Errors;
using Gantry.Oci;

namespace Gantry.Apps.Cli.Manifests;

/// <summary>An image's manifest as docker manifest keeps and shows it.</summary>
/// <param name="Reference">The name it was got by.</param>
/// <param name="Descriptor">With the platform that the list shall say.</param>
/// <param name="Raw">The manifest's bytes.</param>
internal sealed record ImageManifest(ImageReference Reference, Descriptor Descriptor, byte[] Raw)
{
    /// <summary>Digests of config and layers.</summary>
    public IEnumerable<Digest> Blobs
    {
        get
        {
            var manifest = JsonSerializer.Deserialize(Raw, OciJson.Default.Manifest) ?? throw GantryException.DataCorrupt($"the manifest of {Reference} is empty");
            return manifest.Layers.Prepend(manifest.Config).Select(b => b.Digest);
        }
    }

    /// <exception cref="JsonException">Not such a document.</exception>
    public static ImageManifest Parse(byte[] json)
    {
        using var document = JsonDocument.Parse(json);
        var root = document.RootElement;
        return new ImageManifest(
            ImageReference.Parse(root.GetProperty("Ref").GetString() ?? string.Empty),
            root.GetProperty(nameof(Descriptor)).Deserialize(OciJson.Default.Descriptor) ?? throw new JsonException("Descriptor is null"),
            root.TryGetProperty(nameof(Raw), out var raw) && raw.ValueKind == JsonValueKind.String ? raw.GetBytesFromBase64() : []);
    }

    public void WriteTo(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("Ref", Reference.ToString());
        json.WriteStartObject(nameof(Descriptor));
        json.WriteString("mediaType", Descriptor.MediaType);
        json.WriteString("digest", Descriptor.Digest.ToString());
        json.WriteNumber("size", Descriptor.Size);
        WritePlatform(json, Descriptor.Platform);
        json.WriteEndObject();
        json.WriteBase64String(nameof(Raw), Raw);
        json.WritePropertyName(Descriptor.MediaType == MediaTypes.OciManifest ? "OCIManifest" : "SchemaV2Manifest");
        using (var manifest = JsonDocument.Parse(Raw))
        {
            manifest.RootElement.WriteTo(json);
        }

        json.WriteEndObject();
    }

    /// <summary>The member "platform"; nothing for null.</summary>
    public static void WritePlatform(Utf8JsonWriter json, Platform? platform)
    {
        if (platform is null)
        {
            return;
        }

        json.WriteStartObject("platform");
        json.WriteString("architecture", platform.Architecture);
        json.WriteString("os", platform.Os);
        WriteOptional(json, "os.version", platform.OsVersion);
        if (platform.OsFeatures is { Count: > 0 } features)
        {
            json.WriteStartArray("os.features");
            foreach (var feature in features)
            {
                json.WriteStringValue(feature);
            }

            json.WriteEndArray();
        }

        WriteOptional(json, "variant", platform.Variant);
        json.WriteEndObject();
    }

    /// <summary>JSON as Go writes it: plus signs as they are, a given indentation (null for none).</summary>
    public static byte[] ToJson(Action<Utf8JsonWriter> write, (char Character, int Count)? indent)
    {
        using var buffer = new MemoryStream();
        var options = new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        if (indent is { } wanted)
        {
            options = options with { Indented = true, IndentCharacter = wanted.Character, IndentSize = wanted.Count, NewLine = "\n" };
        }

        using (var json = new Utf8JsonWriter(buffer, options))
        {
            write(json);
        }

        return buffer.ToArray();
    }

    private static void WriteOptional(Utf8JsonWriter json, string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            json.WriteString(name, value);
        }
    }
}
