using Gantry.Errors;
using Gantry.Oci;

namespace Gantry.Runtime.Spec;

/// <summary>
/// The devices that files in some directories describe (Container Device Interface). The directories are read anew at each question: who installs a
/// driver needs to tell nobody.
/// </summary>
/// <param name="directories">A device of a later one hides one of the same name of an earlier one; those that aren't there are passed over.</param>
public sealed class CdiDevices(IReadOnlyList<string> directories)
{
    /// <summary>Where files are looked for when nobody says otherwise.</summary>
    public static IReadOnlyList<string> DefaultDirectories { get; } = ["/etc/cdi", "/var/run/cdi"];

    public IReadOnlyList<string> Directories { get; } = directories;

    /// <summary>All devices' names, <c>vendor/class=name</c>, and what is wrong with files.</summary>
    public (IReadOnlyList<string> Names, IReadOnlyList<string> Problems) List()
    {
        var found = Scan();
        return ([.. found.Devices.Keys.Order(StringComparer.Ordinal)], found.Problems);
    }

    /// <summary>Adds the devices to a container's configuration.</summary>
    /// <exception cref="GantryException">Internal in Docker's words: unknown devices; something of them that this host hasn't got.</exception>
    public RuntimeSpec Inject(RuntimeSpec spec, IReadOnlyList<string> names)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentNullException.ThrowIfNull(names);
        var devices = Scan().Devices;
        var missing = names.Where(n => !devices.ContainsKey(n)).ToList();
        if (missing.Count > 0)
        {
            throw Failed($"unresolvable CDI devices {string.Join(", ", missing)}");
        }

        var seen = new HashSet<CdiSpec>(ReferenceEqualityComparer.Instance);
        foreach (var name in names)
        {
            var (file, device, _) = devices[name];
            if (seen.Add(file))
            {
                spec = CdiInjection.Apply(spec, file.ContainerEdits, file.Kind);
            }

            spec = CdiInjection.Apply(spec, device.ContainerEdits, name);
        }

        return CdiInjection.InOrder(spec);
    }

    internal static GantryException Failed(string reason) => GantryException.Internal("CDI device injection failed: " + reason);

    private (Dictionary<string, (CdiSpec File, CdiDevice Device, string Path)> Devices, List<string> Problems) Scan()
    {
        var devices = new Dictionary<string, (CdiSpec File, CdiDevice Device, string Path)>(StringComparer.Ordinal);
        var problems = new List<string>();
        foreach (var directory in Directories.Where(Directory.Exists))
        {
            var own = new Dictionary<string, (CdiSpec File, CdiDevice Device, string Path)>(StringComparer.Ordinal);
            foreach (var path in Directory.EnumerateFiles(directory).Where(CdiFile.HasName).Order(StringComparer.Ordinal))
            {
                Take(path, own, problems);
            }

            foreach (var (name, device) in own)
            {
                devices[name] = device;
            }
        }

        return (devices, problems);
    }

    /// <summary>Two files of one directory that both have a device: nobody knows which is meant, so it is neither's.</summary>
    private static void Take(string path, Dictionary<string, (CdiSpec File, CdiDevice Device, string Path)> own, List<string> problems)
    {
        try
        {
            var file = CdiFile.Read(path);
            foreach (var device in file.Devices)
            {
                var name = $"{file.Kind}={device.Name}";
                if (!own.TryAdd(name, (file, device, path)))
                {
                    problems.Add($"CDI: Error associated with spec file {path}: conflicting device \"{name}\" (specs \"{own[name].Path}\", \"{path}\")");
                    own.Remove(name);
                }
            }
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            problems.Add($"CDI: Error associated with spec file {path}: {e.Message}");
        }
    }
}
