using System.Text.Json;
using Gantry.Errors;
using Gantry.Oci;

namespace Gantry.Apps.Cli.Manifests;

/// <summary>Manifest lists being put together, in docker's own form: a folder for each list under manifests/ in the configuration folder, a file for each image.</summary>
internal sealed class ManifestStore(string configFolder)
{
    private string Root => Path.Combine(configFolder, "manifests");

    /// <summary>All images of a list, by the names of their files.</summary>
    /// <exception cref="GantryException">NotFound in docker's words.</exception>
    public IReadOnlyList<ImageManifest> GetList(ImageReference list)
    {
        var folder = Folder(list);
        return Directory.Exists(folder)
            ? [.. Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal).Select(Read)]
            : throw GantryException.NotFound($"No such manifest: {list}");
    }

    public bool Contains(ImageReference list) => Directory.Exists(Folder(list));

    /// <summary>Null when the list has no such image.</summary>
    public ImageManifest? Find(ImageReference list, ImageReference image)
    {
        var file = Path.Combine(Folder(list), FileName(image));
        return File.Exists(file) ? Read(file) : null;
    }

    public void Save(ImageReference list, ImageManifest manifest, ImageReference image)
    {
        var folder = Folder(list);
        Directory.CreateDirectory(folder);
        File.WriteAllBytes(Path.Combine(folder, FileName(image)), ImageManifest.ToJson(manifest.WriteTo, null));
    }

    public void Remove(ImageReference list) => Directory.Delete(Folder(list), recursive: true);

    private string Folder(ImageReference list) => Path.Combine(Root, FileName(list));

    /// <summary>Docker's way: the registry's host is no path.</summary>
    private static string FileName(ImageReference reference) =>
        reference.ToString().Replace(':', '-').Replace('/', '_');

    private static ImageManifest Read(string file)
    {
        try
        {
            return ImageManifest.Parse(File.ReadAllBytes(file));
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw GantryException.DataCorrupt($"{file}: {e.Message}", e);
        }
    }
}
