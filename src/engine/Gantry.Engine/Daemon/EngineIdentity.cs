namespace Gantry.Engine.Daemon;

/// <summary>The engine's own id, kept in the data root.</summary>
internal static class EngineIdentity
{
    internal static string LoadOrCreate(string dataRoot)
    {
        var path = Path.Combine(dataRoot, "engine-id");
        if (File.Exists(path) && Guid.TryParse(File.ReadAllText(path).Trim(), out var known))
        {
            return known.ToString("D");
        }

        var id = Guid.NewGuid().ToString("D");
        File.WriteAllText(path + ".new", id + "\n");
        File.Move(path + ".new", path, overwrite: true);
        return id;
    }
}
