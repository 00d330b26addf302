using System.Text.Json;
using Gantry.Content;
using Gantry.Errors;
using Gantry.Images.Plugins;
using Gantry.Images.Records;
using Gantry.Images.Transfer;
using Gantry.Metadata;
using Gantry.Oci;
using Gantry.Snapshots;

namespace Gantry.Images;

/// <summary>
/// Images by id (sha256 of the config), their names, and the ways in and out: create, import, load, save. Configs and manifests are kept as
/// the bytes they came in. A change that a user is told of is on disk before its method returns.
/// </summary>
public sealed partial class ImageStore
{
    private readonly ImageTables _tables;
    private readonly PlatformTable _platforms = new();

    public ImageStore(Database database, ContentStore content, LayerStore layers)
    {
        Database = database;
        Content = content;
        Layers = layers;
        _tables = new ImageTables(database);
        Uploads = new UploadMemory(database);
    }

    /// <summary>Raised after the change is committed, on the thread that made it.</summary>
    public event Action<ImageEvent>? Changed;

    public ContentStore Content { get; }

    public LayerStore Layers { get; }

    /// <summary>What else keeps blobs and layers (the build cache); asked whenever something is about to be collected. Set once at start.</summary>
    public Func<IEnumerable<Digest>>? ExtraRoots { get; set; }

    /// <summary>The plugins that are here, which keep blobs and layers too; as <see cref="ExtraRoots"/>.</summary>
    public Func<IEnumerable<KeptPlugin>>? Plugins { get; set; }

    internal Database Database { get; }

    internal UploadMemory Uploads { get; }

    /// <summary>Finds an image by name, id, <c>sha256:id</c> or unique id prefix; null when there is none.</summary>
    public ImageRecord? Find(string nameOrId) => Database.Read(session => Find(session, nameOrId));

    /// <summary>How many images there are, intermediate ones too.</summary>
    public int Count() => Database.Read(_tables.Count);

    /// <exception cref="GantryException">NotFound <c>No such image: name:tag</c>.</exception>
    public ImageRecord Resolve(string nameOrId) => Find(nameOrId) ?? throw Missing(nameOrId);

    internal static GantryException OtherPlatform(string name, Platform actual, Platform wanted) =>
        GantryException.NotFound($"image with reference {name} was found but its platform ({actual}) does not match the specified platform ({wanted})");

    public ImageRecord? Find(Digest id) => Database.Read(session => _tables.Find(session, id));

    /// <summary>The image's parsed config.</summary>
    /// <exception cref="GantryException">NotFound; DataCorrupt.</exception>
    public ImageConfig Config(Digest id)
    {
        try
        {
            return JsonSerializer.Deserialize(Content.ReadAll(id), OciJson.Default.ImageConfig) ?? throw new JsonException("null");
        }
        catch (JsonException e)
        {
            throw GantryException.DataCorrupt($"image {id} has a damaged config: {e.Message}", e);
        }
    }

    /// <summary>Names of the image: those with a tag and those with a digest.</summary>
    public IReadOnlyList<ImageReference> References(Digest id) => Database.Read(session => _tables.Names(session, id));

    /// <summary>Tagged names of a repository, as <see cref="ImageReference.Name"/> gives it.</summary>
    public IReadOnlyList<ImageReference> Tags(string repository) => Database.Read(session => _tables.Tags(session, repository));

    /// <summary>The image a name with tag or digest points to.</summary>
    public Digest? FindReference(ImageReference reference) => Database.Read(session => _tables.FindName(session, reference));

    /// <summary>All images that were built on this one here.</summary>
    public IReadOnlyList<ImageRecord> Children(Digest id) => Database.Read(session => _tables.Children(session, id));

    /// <summary>Points <paramref name="target"/> (with a tag, or with the digest a registry knows the image by) to the image.</summary>
    public void Tag(string nameOrId, ImageReference target)
    {
        CheckName(target);
        var now = DateTimeOffset.UtcNow;
        var image = Database.Write(Durability.Durable, session =>
        {
            var found = Find(session, nameOrId) ?? throw Missing(nameOrId);
            var from = NamesMeant(session, nameOrId, found) is [var name] ? name : null;
            _tables.SetName(session, target.WithDefaultTag(), found.Id);
            if (from is null)
            {
                _platforms.DeleteName(session, target.WithDefaultTag());
            }
            else if (from != target.WithDefaultTag())
            {
                _platforms.Copy(session, from, target.WithDefaultTag());
            }

            _tables.Touch(session, found.Id, now);
            _tables.SetTagged(session, found.Id, now);
            return found;
        });
        if (target.Digest.IsEmpty)
        {
            Raise(new ImageEvent("tag", image.Id.ToString(), target.WithDefaultTag().Familiar, now));
        }
    }

    /// <summary>What looks like an id can't be found again as a name.</summary>
    /// <exception cref="GantryException">InvalidArgument in Docker's words.</exception>
    internal static void CheckName(ImageReference reference)
    {
        if (reference.FamiliarName == "sha256")
        {
            throw GantryException.InvalidArgument("refusing to create an ambiguous tag using digest algorithm as name");
        }
    }

    internal static GantryException Missing(string nameOrId) => GantryException.NotFound(
        $"No such image: {(ImageReference.TryParse(nameOrId, out var reference) ? reference.WithDefaultTag().Familiar : nameOrId)}");

    private ImageRecord? Find(DatabaseSession session, string nameOrId)
    {
        var hex = nameOrId.StartsWith("sha256:", StringComparison.Ordinal) ? nameOrId["sha256:".Length..] : nameOrId;
        if (Digest.TryParse("sha256:" + hex, out var id))
        {
            return _tables.Find(session, id);
        }

        if (nameOrId.Length == hex.Length)
        {
            var reference = ImageReference.Parse(nameOrId);
            if (Named(session, reference) is { } named)
            {
                return _tables.Find(session, named);
            }
        }

        if (hex.Length is 0 or > 64 || !hex.All(char.IsAsciiHexDigitLower))
        {
            return null;
        }

        return _tables.FindByPrefix(session, hex) switch
        {
            [var only] => only,
            [_, _] => throw GantryException.InvalidArgument($"multiple IDs found with provided prefix: {hex}"),
            _ => null,
        };
    }

    /// <summary>A digest decides over a tag beside it, as in Docker.</summary>
    private Digest? Named(DatabaseSession session, ImageReference reference) =>
        _tables.FindName(session, reference.Digest.IsEmpty ? reference.WithDefaultTag() : reference.WithDigest(reference.Digest));

    private void Raise(ImageEvent change) => Changed?.Invoke(change);
}
