using System.Text;
using System.Text.Json.Nodes;
using Gantry.Oci;
using Gantry.Registry.Tests.Support;

namespace Gantry.Registry.Tests.Conformance;

/// <summary>
/// One kind of content that a registry must take as it is (distribution-spec v1.1): blobs, the manifests over them in the order in which they
/// are pushed, their tags, and what the referrers list must then show for each subject.
/// </summary>
internal sealed class ConformanceData
{
    private const string ArtifactType = "application/vnd.example.conformance.v1";
    private const string OtherArtifactType = "application/vnd.example.conformance.v2";
    private const string EmptyJson = "application/vnd.oci.empty.v1+json";
    private readonly string _algorithm;
    private int _seed;

    private ConformanceData(string algorithm = "sha256", int seed = 1)
    {
        _algorithm = algorithm;
        _seed = seed * 1000;
    }

    internal static string[] Names { get; } =
    [
        "image", "uncompressed", "large-manifest", "index", "nested-index", "empty-index", "artifact", "artifact-index", "artifact-without-layers",
        "subject", "index-with-subject", "missing-subject", "data-field", "nondistributable", "custom-fields", "no-layers", "sha512", "sha512-index",
    ];

    internal Dictionary<Digest, byte[]> Blobs { get; } = [];

    internal List<(Digest Digest, string MediaType, byte[] Content)> Manifests { get; } = [];

    internal Dictionary<string, Digest> Tags { get; } = [];

    internal Dictionary<Digest, List<Descriptor>> Referrers { get; } = [];

    internal static ConformanceData Create(string name)
    {
        var data = new ConformanceData(name.StartsWith("sha512", StringComparison.Ordinal) ? "sha512" : "sha256", Array.IndexOf(Names, name) + 1);
        data.Build(name);
        return data;
    }

    internal Digest DigestOf(byte[] content) => _algorithm == "sha512" ? TestContent.Sha512(content) : Digest.Of(content);

    private void Build(string name)
    {
        switch (name)
        {
            case "image":
            case "sha512":
                Image(name);
                break;
            case "uncompressed":
                Image(name, layerType: MediaTypes.OciLayer);
                break;
            case "large-manifest":
                Image(name, annotations: Enumerable.Range(0, 390).ToDictionary(i => $"large-{i}", _ => new string('A', 10_000)));
                break;
            case "index":
                Index(name, [Image(), Image()]);
                break;
            case "sha512-index":
                Index(name, [Image(), Artifact()]);
                break;
            case "nested-index":
                Index(name, [Index(null, [Image(), Image()]), Index(null, [Image()])]);
                break;
            case "empty-index":
                Index(name, []);
                break;
            case "artifact":
                Artifact(name);
                break;
            case "artifact-index":
                Index(name, [Artifact(), Artifact()], artifactType: ArtifactType);
                break;
            case "artifact-without-layers":
                Image(name, configType: EmptyJson, layerType: EmptyJson, layerContent: "{}"u8.ToArray(), artifactType: ArtifactType);
                break;
            case "subject":
                var subject = Image(name);
                Image(subject: subject);
                Artifact("artifact-1", subject: subject);
                Artifact("artifact-2", OtherArtifactType, subject);
                break;
            case "index-with-subject":
                var index = Index(name, [Image()]);
                Index("artifact", [Artifact()], ArtifactType, index);
                break;
            case "missing-subject":
                Artifact(name, subject: new Descriptor { MediaType = MediaTypes.OciManifest, Digest = Digest.Of("missing"u8), Size = 123 });
                break;
            case "data-field":
                Image(name, change: json => Each(json, d => d["data"] = Convert.ToBase64String(Blobs[Digest.Parse((string)d["digest"]!)])));
                break;
            case "nondistributable":
                Image(name, change: json =>
                {
                    json["layers"]!.AsArray().Insert(0, Elsewhere("application/vnd.oci.image.layer.nondistributable.v1.tar+gzip"));
                    json["layers"]!.AsArray().Insert(1, Elsewhere("application/vnd.oci.image.layer.nondistributable.v1.tar"));
                });
                break;
            case "custom-fields":
                Index(name, [Image(change: json => Each(json, d => d["org.example.unknown"] = 5))], change: json => json["org.example.unknown"] = new JsonArray("x"));
                break;
            case "no-layers":
                Image(name, layers: 0);
                break;
            default:
                throw new ArgumentException(name);
        }
    }

    private Descriptor Artifact(string? tag = null, string type = ArtifactType, Descriptor? subject = null) => Image(
        tag, 1, EmptyJson, type, artifactType: type, annotations: new() { ["org.example.which"] = $"{_seed}" }, subject: subject);

    private Descriptor Image(
        string? tag = null, int layers = 2, string configType = MediaTypes.OciConfig, string layerType = MediaTypes.OciLayerGzip, byte[]? layerContent = null,
        string? artifactType = null, Dictionary<string, string>? annotations = null, Descriptor? subject = null, Action<JsonObject>? change = null)
    {
        var config = Blob(configType == EmptyJson ? "{}"u8.ToArray() : Encoding.UTF8.GetBytes($"{{\"os\":\"linux\",\"architecture\":\"amd64\",\"n\":{_seed++}}}"), configType);
        var json = new JsonObject { ["schemaVersion"] = 2, ["mediaType"] = MediaTypes.OciManifest, ["config"] = config };
        json["layers"] = new JsonArray([.. Enumerable.Range(0, layerContent is null ? layers : 1).Select(_ => Blob(layerContent ?? TestContent.Bytes(2048, _seed++), layerType))]);
        return Add(json, MediaTypes.OciManifest, tag, artifactType, artifactType ?? configType, annotations, subject, change);
    }

    private Descriptor Index(string? tag, IEnumerable<Descriptor> children, string? artifactType = null, Descriptor? subject = null, Action<JsonObject>? change = null)
    {
        var json = new JsonObject { ["schemaVersion"] = 2, ["mediaType"] = MediaTypes.OciIndex, ["manifests"] = new JsonArray([.. children.Select(Json)]) };
        return Add(json, MediaTypes.OciIndex, tag, artifactType, artifactType, null, subject, change);
    }

    private Descriptor Add(
        JsonObject json, string mediaType, string? tag, string? artifactType, string? shownType, Dictionary<string, string>? annotations, Descriptor? subject, Action<JsonObject>? change)
    {
        if (artifactType is not null)
        {
            json["artifactType"] = artifactType;
        }

        if (annotations is not null)
        {
            json["annotations"] = new JsonObject(annotations.Select(a => KeyValuePair.Create(a.Key, (JsonNode?)a.Value)));
        }

        if (subject is not null)
        {
            json["subject"] = Json(subject);
        }

        change?.Invoke(json);
        var content = Encoding.UTF8.GetBytes(json.ToJsonString());
        var descriptor = new Descriptor { MediaType = mediaType, Digest = DigestOf(content), Size = content.Length };
        Manifests.Add((descriptor.Digest, mediaType, content));
        if (tag is not null)
        {
            Tags[tag] = descriptor.Digest;
        }

        if (subject is not null)
        {
            Referrers.TryAdd(subject.Digest, []);
            Referrers[subject.Digest].Add(descriptor with { ArtifactType = shownType, Annotations = annotations is null ? null : new SortedDictionary<string, string>(annotations) });
        }

        return descriptor;
    }

    private JsonObject Blob(byte[] content, string mediaType)
    {
        var digest = DigestOf(content);
        Blobs[digest] = content;
        return Json(new Descriptor { MediaType = mediaType, Digest = digest, Size = content.Length });
    }

    private static JsonObject Json(Descriptor descriptor) => new() { ["mediaType"] = descriptor.MediaType, ["digest"] = descriptor.Digest.ToString(), ["size"] = descriptor.Size };

    /// <summary>A layer that the registry never gets.</summary>
    private static JsonObject Elsewhere(string mediaType) => new()
    {
        ["mediaType"] = mediaType,
        ["digest"] = Digest.Of(Encoding.UTF8.GetBytes(mediaType)).ToString(),
        ["size"] = 123456,
        ["urls"] = new JsonArray("https://store.invalid/blob"),
    };

    private static void Each(JsonObject manifest, Action<JsonObject> change)
    {
        foreach (var descriptor in manifest["layers"]!.AsArray().Append(manifest["config"]))
        {
            change(descriptor!.AsObject());
        }
    }
}
