using System.Text.Json;
using Gantry.Metadata;
using Gantry.Oci;

namespace Gantry.Images.Records;

/// <summary>The store's tables: images, their names, their layers (as chain ids), the blobs they need, and which blobs hold which layer.</summary>
internal sealed class ImageTables
{
    private const string Columns = "id, parent, manifest, size, created, updated, tagged";

    internal ImageTables(Database database) => database.Migrate(
        "images",
        """
        CREATE TABLE image (id TEXT PRIMARY KEY, parent TEXT NOT NULL, manifest TEXT NOT NULL, size INTEGER NOT NULL, created INTEGER, updated INTEGER NOT NULL) WITHOUT ROWID;
        CREATE INDEX image_parent ON image (parent);
        CREATE TABLE image_name (name TEXT PRIMARY KEY, repository TEXT NOT NULL, image TEXT NOT NULL) WITHOUT ROWID;
        CREATE INDEX image_name_image ON image_name (image);
        CREATE INDEX image_name_repository ON image_name (repository);
        CREATE TABLE image_layer (image TEXT NOT NULL, position INTEGER NOT NULL, chain TEXT NOT NULL, PRIMARY KEY (image, position)) WITHOUT ROWID;
        CREATE INDEX image_layer_chain ON image_layer (chain);
        CREATE TABLE image_blob (image TEXT NOT NULL, digest TEXT NOT NULL, PRIMARY KEY (image, digest)) WITHOUT ROWID;
        CREATE INDEX image_blob_digest ON image_blob (digest);
        CREATE TABLE layer_blob (diff TEXT NOT NULL, digest TEXT NOT NULL, descriptor TEXT NOT NULL, PRIMARY KEY (diff, digest)) WITHOUT ROWID;
        """,
        "ALTER TABLE image ADD COLUMN tagged INTEGER;",
        PlatformTable.Create,
        """
        CREATE TABLE layer_form (diff TEXT NOT NULL, form TEXT NOT NULL, digest TEXT NOT NULL, descriptor TEXT NOT NULL, PRIMARY KEY (diff, form)) WITHOUT ROWID;
        CREATE VIEW every_layer_blob AS SELECT diff, digest, descriptor FROM layer_blob UNION SELECT diff, digest, descriptor FROM layer_form;
        """);

    internal ImageRecord? Find(DatabaseSession session, Digest id) =>
        session.QueryFirst($"SELECT {Columns} FROM image WHERE id = ?1", Record, id.ToString());

    /// <summary>At most two images whose id begins with <paramref name="prefix"/> (hex digits): one is a hit, two are ambiguous.</summary>
    internal List<ImageRecord> FindByPrefix(DatabaseSession session, string prefix) =>
        session.Query($"SELECT {Columns} FROM image WHERE id >= ?1 AND id < ?2 LIMIT 2", Record, $"sha256:{prefix}", $"sha256:{prefix}g");

    internal List<ImageRecord> All(DatabaseSession session) => session.Query($"SELECT {Columns} FROM image", Record);

    internal List<ImageRecord> Children(DatabaseSession session, Digest id) =>
        session.Query($"SELECT {Columns} FROM image WHERE parent = ?1", Record, id.ToString());

    internal void Insert(DatabaseSession session, ImageRecord image, IReadOnlyList<Digest> chain, IEnumerable<Digest> blobs)
    {
        var id = image.Id.ToString();
        session.Execute(
            $"INSERT INTO image ({Columns}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            id, image.Parent.ToString(), image.Manifest.ToString(), image.Size, image.Created?.UtcTicks, image.Updated.UtcTicks, image.Tagged?.UtcTicks);
        for (var i = 0; i < chain.Count; i++)
        {
            session.Execute("INSERT INTO image_layer (image, position, chain) VALUES (?1, ?2, ?3)", id, (long)i, chain[i].ToString());
        }

        AddBlobs(session, image.Id, blobs);
    }

    internal void AddBlobs(DatabaseSession session, Digest id, IEnumerable<Digest> blobs)
    {
        foreach (var blob in blobs)
        {
            session.Execute("INSERT OR IGNORE INTO image_blob (image, digest) VALUES (?1, ?2)", id.ToString(), blob.ToString());
        }
    }

    internal void SetManifest(DatabaseSession session, Digest id, Digest manifest) =>
        session.Execute("UPDATE image SET manifest = ?2 WHERE id = ?1", id.ToString(), manifest.ToString());

    internal void Touch(DatabaseSession session, Digest id, DateTimeOffset now) =>
        session.Execute("UPDATE image SET updated = ?2 WHERE id = ?1", id.ToString(), now.UtcTicks);

    internal void SetTagged(DatabaseSession session, Digest id, DateTimeOffset now) =>
        session.Execute("UPDATE image SET tagged = ?2 WHERE id = ?1", id.ToString(), now.UtcTicks);

    internal void Delete(DatabaseSession session, Digest id)
    {
        foreach (var table in (string[])["image_layer", "image_blob", "image_name"])
        {
            session.Execute($"DELETE FROM {table} WHERE image = ?1", id.ToString());
        }

        session.Execute("DELETE FROM image WHERE id = ?1", id.ToString());
    }

    internal Digest? FindName(DatabaseSession session, ImageReference name) =>
        session.QueryFirst("SELECT image FROM image_name WHERE name = ?1", r => r.Text(0), name.ToString()) is { } id ? Digest.Parse(id) : null;

    internal List<ImageReference> Names(DatabaseSession session, Digest id) =>
        session.Query("SELECT name FROM image_name WHERE image = ?1 ORDER BY name", r => ImageReference.Parse(r.Text(0)), id.ToString());

    /// <summary>Tagged names of one repository.</summary>
    internal List<ImageReference> Tags(DatabaseSession session, string repository) =>
        session.Query("SELECT name FROM image_name WHERE repository = ?1 ORDER BY name", r => ImageReference.Parse(r.Text(0)), repository)
            .FindAll(r => r.Tag is not null);

    /// <summary>Repositories that are known, by a digest pulled from or pushed to them, to have an image with this layer.</summary>
    internal List<string> RepositoriesWithLayer(DatabaseSession session, Digest chainId) => session.Query(
        "SELECT DISTINCT repository FROM image_name JOIN image_layer ON image_layer.image = image_name.image WHERE chain = ?1 AND name LIKE '%@%'",
        r => r.Text(0), chainId.ToString());

    internal ILookup<Digest, ImageReference> AllNames(DatabaseSession session) =>
        session.Query("SELECT image, name FROM image_name ORDER BY name", r => (Image: Digest.Parse(r.Text(0)), Name: ImageReference.Parse(r.Text(1))))
            .ToLookup(r => r.Image, r => r.Name);

    /// <summary>Points the name to the image; returns false when it did already.</summary>
    internal bool SetName(DatabaseSession session, ImageReference name, Digest id)
    {
        if (FindName(session, name) == id)
        {
            return false;
        }

        session.Execute("INSERT OR REPLACE INTO image_name (name, repository, image) VALUES (?1, ?2, ?3)", name.ToString(), name.Name, id.ToString());
        return true;
    }

    internal void DeleteName(DatabaseSession session, ImageReference name) =>
        session.Execute("DELETE FROM image_name WHERE name = ?1", name.ToString());

    internal List<Digest> Chain(DatabaseSession session, Digest id) =>
        session.Query("SELECT chain FROM image_layer WHERE image = ?1 ORDER BY position", r => Digest.Parse(r.Text(0)), id.ToString());

    internal HashSet<Digest> UsedLayers(DatabaseSession session) => [.. session.Query("SELECT DISTINCT chain FROM image_layer", r => Digest.Parse(r.Text(0)))];

    internal HashSet<Digest> UsedBlobs(DatabaseSession session) =>
        [.. session.Query("SELECT DISTINCT digest FROM image_blob UNION SELECT id FROM image", r => Digest.Parse(r.Text(0)))];

    /// <summary>Blobs an image needs beside its config: manifest, indexes, layers as they came.</summary>
    internal List<Digest> Blobs(DatabaseSession session, Digest id) =>
        session.Query("SELECT digest FROM image_blob WHERE image = ?1 ORDER BY digest", r => Digest.Parse(r.Text(0)), id.ToString());

    internal bool IsLayerBlob(DatabaseSession session, Digest digest) =>
        session.QueryFirst("SELECT digest FROM every_layer_blob WHERE digest = ?1", r => r.Text(0), digest.ToString()) is not null;

    /// <summary>Forgets a layer's blob that can't be had any more; the layer itself stays.</summary>
    internal void ForgetBlob(DatabaseSession session, Digest digest)
    {
        session.Execute("DELETE FROM image_blob WHERE digest = ?1", digest.ToString());
        session.Execute("DELETE FROM layer_blob WHERE digest = ?1", digest.ToString());
        session.Execute("DELETE FROM layer_form WHERE digest = ?1", digest.ToString());
    }

    internal int Count(DatabaseSession session) => (int)session.Query("SELECT COUNT(*) FROM image", r => r.Int64(0))[0];

    /// <summary>The blobs that are known to hold layers' contents, by diff id.</summary>
    internal ILookup<Digest, Digest> AllLayerBlobs(DatabaseSession session) =>
        session.Query("SELECT diff, digest FROM every_layer_blob", r => (Diff: Digest.Parse(r.Text(0)), Blob: Digest.Parse(r.Text(1)))).ToLookup(r => r.Diff, r => r.Blob);

    internal List<Descriptor> LayerBlobs(DatabaseSession session, Digest diffId) => session.Query(
        "SELECT descriptor FROM every_layer_blob WHERE diff = ?1", r => JsonSerializer.Deserialize(r.Text(0), OciJson.Default.Descriptor)!, diffId.ToString());

    /// <summary>The blobs of a layer in the form that it came in, or is pushed in unasked.</summary>
    internal List<Descriptor> OwnLayerBlobs(DatabaseSession session, Digest diffId) => session.Query(
        "SELECT descriptor FROM layer_blob WHERE diff = ?1", r => JsonSerializer.Deserialize(r.Text(0), OciJson.Default.Descriptor)!, diffId.ToString());

    internal void AddLayerBlob(DatabaseSession session, Digest diffId, Descriptor blob) => session.Execute(
        "INSERT OR REPLACE INTO layer_blob (diff, digest, descriptor) VALUES (?1, ?2, ?3)",
        diffId.ToString(), blob.Digest.ToString(), JsonSerializer.Serialize(blob, OciJson.Default.Descriptor));

    /// <summary>The blobs of a layer that were made for pushes that asked for a form, of whatever level where it names none.</summary>
    internal List<Descriptor> LayerBlobs(DatabaseSession session, Digest diffId, string form) => session.Query(
        "SELECT descriptor FROM layer_form WHERE diff = ?1 AND (form = ?2 OR form GLOB ?2 || ':*')", r => JsonSerializer.Deserialize(r.Text(0), OciJson.Default.Descriptor)!, diffId.ToString(), form);

    internal void SetLayerBlob(DatabaseSession session, Digest diffId, string form, Descriptor blob) => session.Execute(
        "INSERT OR REPLACE INTO layer_form (diff, form, digest, descriptor) VALUES (?1, ?2, ?3, ?4)",
        diffId.ToString(), form, blob.Digest.ToString(), JsonSerializer.Serialize(blob, OciJson.Default.Descriptor));

    private static ImageRecord Record(DatabaseRow row) => new(
        Digest.Parse(row.Text(0)),
        OrEmpty(row.Text(1)),
        OrEmpty(row.Text(2)),
        row.Int64(3),
        row.IsNull(4) ? null : new DateTimeOffset(row.Int64(4), TimeSpan.Zero),
        new DateTimeOffset(row.Int64(5), TimeSpan.Zero),
        row.IsNull(6) ? null : new DateTimeOffset(row.Int64(6), TimeSpan.Zero));

    private static Digest OrEmpty(string text) => text.Length == 0 ? default : Digest.Parse(text);
}
