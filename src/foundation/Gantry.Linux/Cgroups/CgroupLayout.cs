namespace Gantry.Linux.Cgroups;

/// <summary>
/// Where this host's cgroup hierarchies are mounted. A host counts as v2 when no controller is on a v1 hierarchy; in hybrid mode the
/// containers' controllers are on v1 and the unified hierarchy is only one more place.
/// </summary>
public sealed class CgroupLayout
{
    private readonly Dictionary<string, string> _controllers = [];
    private readonly List<string> _hierarchies = [];

    private CgroupLayout()
    {
    }

    /// <summary>True when containers are governed by the unified hierarchy.</summary>
    public bool IsV2 { get; private set; }

    /// <summary>Mount point of the unified hierarchy, also when it has no controllers of use; null when not mounted.</summary>
    public string? Unified { get; private set; }

    /// <summary>Mount points in which a container has a directory.</summary>
    public IReadOnlyList<string> Hierarchies => _hierarchies;

    /// <summary>Reads <c>/proc/self/mountinfo</c>.</summary>
    public static CgroupLayout Detect() => Parse(File.ReadAllLines("/proc/self/mountinfo"));

    /// <summary>Works the layout out from the lines of a mountinfo file (proc(5)).</summary>
    public static CgroupLayout Parse(IEnumerable<string> mountinfo)
    {
        ArgumentNullException.ThrowIfNull(mountinfo);
        var layout = new CgroupLayout();
        foreach (var line in mountinfo)
        {
            layout.Take(line);
        }

        layout.IsV2 = layout._controllers.Count == 0 && layout.Unified is not null;
        if (layout.Unified is not null)
        {
            layout._hierarchies.Add(layout.Unified);
        }

        return layout;
    }

    /// <summary>A cgroup's directory for a v1 controller, or in the unified hierarchy on a v2 host; null when the controller is nowhere.</summary>
    /// <param name="controller">As in <c>/proc/cgroups</c>: memory, cpu, pids...</param>
    /// <param name="cgroupsPath">Path below the hierarchy's root, such as <c>/docker/ID</c>.</param>
    public string? DirectoryOf(string controller, string cgroupsPath)
    {
        var mount = IsV2 ? Unified : _controllers.GetValueOrDefault(controller);
        return mount is null ? null : mount + cgroupsPath;
    }

    /// <summary>A cgroup's directories in all hierarchies.</summary>
    public IEnumerable<string> DirectoriesOf(string cgroupsPath) => _hierarchies.Select(mount => mount + cgroupsPath);

    private void Take(string line)
    {
        // 36 35 98:0 /root /mount/point rw,noatime master:1 - type source options
        var separator = line.IndexOf(" - ", StringComparison.Ordinal);
        var fields = separator < 0 ? [] : line[..separator].Split(' ');
        var rest = separator < 0 ? [] : line[(separator + 3)..].Split(' ');
        if (fields.Length < 5 || rest.Length < 3)
        {
            return;
        }

        if (rest[0] == "cgroup2")
        {
            Unified ??= fields[4];
        }
        else if (rest[0] == "cgroup")
        {
            TakeV1(fields[4], rest[2]);
        }
        else if (fields[4] == Unified)
        {
            // Hidden under another mount.
            Unified = null;
        }
    }

    private void TakeV1(string mount, string options)
    {
        if (_hierarchies.Contains(mount))
        {
            return;
        }

        _hierarchies.Add(mount);
        foreach (var option in options.Split(','))
        {
            if (option is not ("rw" or "ro" or "xattr" or "clone_children" or "noprefix") && !option.Contains('=', StringComparison.Ordinal))
            {
                _controllers.TryAdd(option, mount);
            }
        }
    }
}
