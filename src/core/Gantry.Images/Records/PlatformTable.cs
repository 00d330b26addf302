using Gantry.Metadata;
using Gantry.Oci;

namespace Gantry.Images.Records;

/// <summary>
/// Names that stand for several images, one for each platform, all out of one index: name, image, index. The name's own image
/// (<see cref="ImageTables"/>) is one of them.
/// </summary>
internal sealed class PlatformTable
{
    internal const string Create = """
        CREATE TABLE image_platform (name TEXT NOT NULL, image TEXT NOT NULL, root TEXT NOT NULL, PRIMARY KEY (name, image)) WITHOUT ROWID;
        CREATE INDEX image_platform_image ON image_platform (image);
        """;

    /// <summary>The images of a name, in the order of their ids.</summary>
    internal List<Digest> Images(DatabaseSession session, ImageReference name) =>
        session.Query("SELECT image FROM image_platform WHERE name = ?1", r => Digest.Parse(r.Text(0)), name.ToString());

    internal Digest? Root(DatabaseSession session, ImageReference name) =>
        session.QueryFirst("SELECT root FROM image_platform WHERE name = ?1", r => r.Text(0), name.ToString()) is { } root ? Digest.Parse(root) : null;

    /// <summary>Names that stand for the image or for one beside it.</summary>
    internal List<ImageReference> Names(DatabaseSession session, Digest image) =>
        session.Query("SELECT name FROM image_platform WHERE image = ?1 ORDER BY name", r => ImageReference.Parse(r.Text(0)), image.ToString());

    internal List<(ImageReference Name, Digest Image, Digest Root)> All(DatabaseSession session) => session.Query(
        "SELECT name, image, root FROM image_platform", r => (ImageReference.Parse(r.Text(0)), Digest.Parse(r.Text(1)), Digest.Parse(r.Text(2))));

    /// <summary>Adds an image of the index <paramref name="root"/>; those of another index are the name's no longer.</summary>
    internal void Add(DatabaseSession session, ImageReference name, Digest image, Digest root)
    {
        session.Execute("DELETE FROM image_platform WHERE name = ?1 AND root <> ?2", name.ToString(), root.ToString());
        session.Execute("INSERT OR REPLACE INTO image_platform (name, image, root) VALUES (?1, ?2, ?3)", name.ToString(), image.ToString(), root.ToString());
    }

    internal void Copy(DatabaseSession session, ImageReference from, ImageReference to)
    {
        session.Execute("DELETE FROM image_platform WHERE name = ?1", to.ToString());
        session.Execute("INSERT INTO image_platform (name, image, root) SELECT ?2, image, root FROM image_platform WHERE name = ?1", from.ToString(), to.ToString());
    }

    internal void DeleteName(DatabaseSession session, ImageReference name) => session.Execute("DELETE FROM image_platform WHERE name = ?1", name.ToString());

    internal void DeleteImage(DatabaseSession session, Digest image) => session.Execute("DELETE FROM image_platform WHERE image = ?1", image.ToString());
}
