using System.Text;

namespace Gantry.Networks.Tests.Support;

/// <summary>Keeps each record as a file <c>KIND/ID.json</c>; a record is replaced by a rename, never half-written.</summary>
internal sealed class FileStateStore(string directory) : INetworkStateStore
{
    private const string Extension = ".json";

    public IReadOnlyList<NetworkStateRecord> Load(NetworkStateKind kind)
    {
        var folder = Folder(kind);
        return Directory.Exists(folder)
            ? [.. Directory.EnumerateFiles(folder, "*" + Extension).Select(f => new NetworkStateRecord(Path.GetFileNameWithoutExtension(f), File.ReadAllText(f)))]
            : [];
    }

    public void Save(NetworkStateKind kind, string id, string json, bool durable)
    {
        Directory.CreateDirectory(Folder(kind));
        var path = PathOf(kind, id);
        var temporary = path + ".tmp";
        using (var file = new FileStream(temporary, FileMode.Create, FileAccess.Write))
        {
            file.Write(Encoding.UTF8.GetBytes(json));
            file.Flush(flushToDisk: durable);
        }

        File.Move(temporary, path, overwrite: true);
    }

    public void Delete(NetworkStateKind kind, string id, bool durable)
    {
        if (Directory.Exists(Folder(kind)))
        {
            File.Delete(PathOf(kind, id));
        }
    }

    private string Folder(NetworkStateKind kind) => Path.Combine(directory, kind.ToString());

    private string PathOf(NetworkStateKind kind, string id) => Path.Combine(Folder(kind), id.Replace('/', '_') + Extension);
}
