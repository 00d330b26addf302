namespace Gantry.Engine.Daemon;

/// <summary>The engine's own id, kept in the data root: a UUID, unless the owner put something else there.</summary>
internal static class EngineIdentity
{
    internal static string LoadOrCreate(string dataRoot)
    {
        var path = Path.Combine(dataRoot, "engine-id");
        if (File.Exists(path) && File.ReadAllText(path).Trim() is { Length: > 0 } known)
        {
            return known;
        }

        var id = Guid.NewGuid().ToString("D");
        File.WriteAllText(path + ".new", id);
        File.Move(path + ".new", path, overwrite: true);
        return id;
    }
}
