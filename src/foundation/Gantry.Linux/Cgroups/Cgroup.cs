namespace Gantry.Linux.Cgroups;

/// <summary>One container's cgroup, wherever the host's hierarchies are.</summary>
public sealed class Cgroup
{
    private const int EBusyRounds = 50;

    private readonly CgroupLayout _layout;

    public Cgroup(CgroupLayout layout, string path)
    {
        _layout = layout;
        Path = path;
    }

    /// <summary>Path below each hierarchy's root.</summary>
    public string Path { get; }

    /// <summary>A directory in which all processes of the container are, those of child cgroups in child directories; null when there is no hierarchy.</summary>
    public string? ProcessDirectory =>
        _layout.DirectoryOf("pids", Path) ?? _layout.DirectoryOf("freezer", Path) ?? _layout.DirectoryOf("memory", Path)
        ?? _layout.DirectoriesOf(Path).FirstOrDefault();

    /// <summary>The file with the <c>oom_kill</c> counter; null without a memory controller.</summary>
    public string? OomFile => _layout.DirectoryOf("memory", Path) is { } directory
        ? $"{directory}/{(_layout.IsV2 ? "memory.events" : "memory.oom_control")}"
        : null;

    /// <summary>Process ids in the cgroup and all below it.</summary>
    public IReadOnlyList<int> Processes()
    {
        var pids = new List<int>();
        if (ProcessDirectory is { } directory)
        {
            Collect(directory, pids);
        }

        return pids;
    }

    /// <summary>Sends a signal to every process; repeats for SIGKILL until none is left or nothing helps.</summary>
    public void SignalAll(int signal)
    {
        if (signal == Signals.SIGKILL && _layout.IsV2
            && RawFiles.TryWriteFile($"{_layout.DirectoryOf("memory", Path)}/cgroup.kill", "1") == 0)
        {
            return;
        }

        for (var round = 0; round < EBusyRounds; round++)
        {
            var pids = Processes();
            foreach (var pid in pids)
            {
                _ = Signals.TrySend(pid, signal);
            }

            if (signal != Signals.SIGKILL || pids.Count == 0)
            {
                return;
            }
        }
    }

    /// <summary>Freezes or thaws. Returns 0 or the errno; the change may take a moment (<see cref="IsFrozen"/>).</summary>
    public int TryFreeze(bool freeze) => _layout.DirectoryOf("freezer", Path) is not { } directory
        ? Errno.ENOENT
        : _layout.IsV2
            ? RawFiles.TryWriteFile($"{directory}/cgroup.freeze", freeze ? "1" : "0")
            : RawFiles.TryWriteFile($"{directory}/freezer.state", freeze ? "FROZEN" : "THAWED");

    /// <summary>True when every process is frozen.</summary>
    public bool IsFrozen()
    {
        var directory = _layout.DirectoryOf("freezer", Path);
        return directory is not null && (_layout.IsV2
            ? CgroupFiles.ReadKeyed($"{directory}/cgroup.events").GetValueOrDefault("frozen") == 1
            : CgroupFiles.ReadText($"{directory}/freezer.state").StartsWith("FROZEN", StringComparison.Ordinal));
    }

    /// <summary>Removes the cgroup's directories. Returns 0, or the errno of the first that stays (EBUSY: processes are still dying).</summary>
    public int TryRemove()
    {
        var result = 0;
        foreach (var directory in _layout.DirectoriesOf(Path))
        {
            var error = RemoveTree(directory);
            result = result == 0 ? error : result;
        }

        return result;
    }

    private static int RemoveTree(string directory)
    {
        var error = RawFiles.TryRemoveDirectory(directory);
        if (error is not (Errno.EBUSY or Errno.ENOTEMPTY))
        {
            return error == Errno.ENOENT ? 0 : error;
        }

        // Containers may make cgroups of their own below theirs.
        foreach (var child in Children(directory))
        {
            _ = RemoveTree(child);
        }

        error = RawFiles.TryRemoveDirectory(directory);
        return error == Errno.ENOENT ? 0 : error;
    }

    private static string[] Children(string directory)
    {
        try
        {
            return Directory.GetDirectories(directory);
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }

    private static void Collect(string directory, List<int> pids)
    {
        pids.AddRange(CgroupFiles.ReadProcesses(directory));
        foreach (var child in Children(directory))
        {
            Collect(child, pids);
        }
    }
}
