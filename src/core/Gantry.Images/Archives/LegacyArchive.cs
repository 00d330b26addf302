using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gantry.Content;
using Gantry.Errors;
using Gantry.Oci;
using Gantry.Snapshots;

namespace Gantry.Images.Archives;

/// <summary>
/// The archive that docker save wrote before Docker 1.10: a folder for each layer with its own description (<c>ID/json</c>, <c>ID/layer.tar</c>), which
/// names its parent, and <c>repositories</c> with the names. Every layer becomes an image, as in Docker.
/// </summary>
internal sealed class LegacyArchive(ImageStore store, ContentLease lease, ArchiveMembers members)
{
    private const string Description = "/json";

    /// <summary>What only described the old image, or is worked out anew.</summary>
    private static readonly string[] s_dropped = ["id", "parent", "parent_id", "layer_id", "throwaway", "Size"];

    private readonly Dictionary<string, Loaded> _loaded = [];

    internal static bool Is(ArchiveMembers members) => members.Names.Any(name => IsDescription(name));

    /// <exception cref="GantryException">InvalidArgument: a part is missing, or parents go round in a circle.</exception>
    internal async Task LoadAsync(CancellationToken cancellationToken)
    {
        var names = Names();
        foreach (var id in members.Names.Where(IsDescription).Select(name => name[..^Description.Length]).ToList())
        {
            // From the oldest ancestor down, without recursion: chains are as long as a stranger likes.
            var chain = new Stack<(string Id, JsonObject Json)>();
            for (var next = id; next is not null && !_loaded.ContainsKey(next); next = Text(chain.Peek().Json, "parent"))
            {
                if (chain.Any(c => c.Id == next))
                {
                    throw GantryException.InvalidArgument($"invalid archive: image {next} is its own ancestor");
                }

                chain.Push((next, JsonNode.Parse(members.Read(next + Description)) as JsonObject ?? throw GantryException.InvalidArgument($"invalid archive: {next}/json is no object")));
            }

            foreach (var (one, json) in chain)
            {
                _loaded[one] = await LoadAsync(one, json, [.. names[one]], cancellationToken).ConfigureAwait(false);
            }
        }

        if (names.FirstOrDefault(n => !_loaded.ContainsKey(n.Key)) is { } unknown)
        {
            throw GantryException.InvalidArgument($"invalid archive: {unknown.Key}/json is missing");
        }
    }

    private static bool IsDescription(string name) =>
        name.EndsWith(Description, StringComparison.Ordinal) && name.Length == 64 + Description.Length && name[..64].All(char.IsAsciiHexDigitLower);

    private ILookup<string, ImageReference> Names()
    {
        var repositories = members.Contains("repositories")
            ? JsonSerializer.Deserialize(members.Read("repositories"), ArchiveJson.Default.DictionaryStringDictionaryStringString) ?? [] : [];
        return repositories.SelectMany(r => r.Value.Select(tag => (Id: tag.Value, Name: ImageReference.Parse(r.Key).WithTag(tag.Key)))).ToLookup(n => n.Id, n => n.Name);
    }

    private async Task<Loaded> LoadAsync(string id, JsonObject json, IReadOnlyList<ImageReference> names, CancellationToken cancellationToken)
    {
        var parent = Text(json, "parent") is { } parentId ? _loaded[parentId] : null;
        var os = Text(json, "os") ?? Platform.Host.Os;
        if (!os.Equals(Platform.Host.Os, StringComparison.OrdinalIgnoreCase))
        {
            throw GantryException.InvalidArgument($"cannot load {os} image on {Platform.Host.Os}");
        }

        var layer = await ApplyAsync(members.Get(id + "/layer.tar").Digest, parent?.ChainId ?? default, cancellationToken).ConfigureAwait(false);
        var (diffIds, history) = ((parent?.DiffIds ?? []).Append(layer.DiffId).ToList(), (parent?.History ?? []).Append(HistoryOf(json)).ToList());
        var image = await store.CreateAsync(
            lease, new NewImage { Config = Config(json, diffIds, history), Parent = parent?.ImageId ?? default, References = names, NamesCameAlong = true }, cancellationToken).ConfigureAwait(false);
        return new Loaded(image.Id, layer.ChainId, diffIds, history);
    }

    private async Task<LayerInfo> ApplyAsync(Digest blob, Digest parent, CancellationToken cancellationToken)
    {
        lease.Protect(ChainId.Of(parent, blob));
        if (members.TryAdopt(blob, blob, parent, out var adopted))
        {
            return await adopted.ConfigureAwait(false);
        }

        await using var file = await members.OpenLayerAsync(blob, cancellationToken).ConfigureAwait(false);
        await using var tar = await store.Layers.OpenTarAsync(file, cancellationToken: cancellationToken).ConfigureAwait(false);
        return await store.Layers.ApplyLayerAsync(parent, tar, lease.Protect, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The old description is the new config, with what it did not have.</summary>
    private static byte[] Config(JsonObject json, List<Digest> diffIds, List<JsonObject> history)
    {
        var config = new JsonObject();
        foreach (var (name, value) in json.Where(p => !s_dropped.Contains(p.Key)).OrderBy(p => p.Key, StringComparer.Ordinal))
        {
            config[name] = value?.DeepClone();
        }

        config["history"] = new JsonArray([.. history.Select(h => h.DeepClone())]);
        config["rootfs"] = new JsonObject { ["type"] = "layers", ["diff_ids"] = new JsonArray([.. diffIds.Select(d => (JsonNode)d.ToString())]) };
        return Encoding.UTF8.GetBytes(config.ToJsonString());
    }

    private static JsonObject HistoryOf(JsonObject json)
    {
        var entry = new JsonObject();
        foreach (var (name, value) in new[]
        {
            ("created", Text(json, "created")), ("author", Text(json, "author")), ("comment", Text(json, "comment")),
            ("created_by", (json["container_config"] as JsonObject)?["Cmd"] is JsonArray words ? string.Join(' ', words.Select(w => w?.ToString())) : null),
        })
        {
            if (!string.IsNullOrEmpty(value))
            {
                entry[name] = value;
            }
        }

        return entry;
    }

    private static string? Text(JsonObject json, string name) =>
        json[name] is JsonValue value && value.TryGetValue<string>(out var text) && text.Length > 0 ? text : null;

    private sealed record Loaded(Digest ImageId, Digest ChainId, IReadOnlyList<Digest> DiffIds, IReadOnlyList<JsonObject> History);
}
