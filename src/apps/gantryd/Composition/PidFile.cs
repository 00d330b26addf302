using System.Globalization;
using Gantry.Errors;

namespace Gantry.Apps.Daemon.Composition;

/// <summary>Keeps two engines from one run directory.</summary>
internal sealed class PidFile : IDisposable
{
    private readonly string _path;

    private PidFile(string path) => _path = path;

    /// <exception cref="GantryException">Conflict in dockerd's words: a process of that id lives.</exception>
    internal static PidFile Create(string path)
    {
        if (File.Exists(path)
            && int.TryParse(File.ReadAllText(path).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var pid)
            && pid != Environment.ProcessId && IsEngine(pid))
        {
            throw GantryException.Conflict($"failed to start daemon, ensure docker is not running or delete {path}: process with PID {pid} is still running");
        }

        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        return new PidFile(path);
    }

    public void Dispose() => File.Delete(_path);

    /// <summary>Ids are reused: only a process of the same program counts.</summary>
    private static bool IsEngine(int pid)
    {
        try
        {
            var command = File.ReadAllText($"/proc/{pid}/cmdline");
            return command.Contains("gantryd", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }
}
