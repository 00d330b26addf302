using Gantry.Engine.Containers.State;
using Gantry.Errors;

namespace Gantry.Engine.Containers.Mounts;

/// <summary>The grammar of <c>HostConfig.Binds</c>: <c>source:destination[:options]</c>, where a source with a slash in front is a host path and any other a volume's name.</summary>
internal static class BindSpec
{
    private static readonly string[] s_propagations = ["private", "rprivate", "shared", "rshared", "slave", "rslave"];

    /// <exception cref="GantryException">InvalidArgument in Docker's words.</exception>
    internal static ContainerMount Parse(string spec)
    {
        var parts = spec.Split(':');
        if (parts.Length is < 1 or > 3 || parts.Any(p => p.Length == 0))
        {
            throw Invalid(spec);
        }

        if (parts.Length == 1)
        {
            return Volume(string.Empty, Destination(parts[0], spec), string.Empty);
        }

        // Two parts are a source and a destination, or a destination with options.
        if (parts.Length == 2 && !parts[1].StartsWith('/'))
        {
            return IsMode(parts[1]) ? Volume(string.Empty, Destination(parts[0], spec), parts[1]) : throw NotAbsolute(spec, parts[1]);
        }

        var mode = parts.Length == 3 ? parts[2] : string.Empty;
        if (!IsMode(mode))
        {
            throw GantryException.InvalidArgument($"invalid mode: {mode}");
        }

        var destination = Destination(parts[1], spec);
        return parts[0].StartsWith('/') ? Bind(parts[0], destination, mode) : Volume(parts[0], destination, mode);
    }

    /// <summary>Options of <c>--volumes-from name:ro</c> and of the third part of a bind.</summary>
    internal static bool IsReadOnly(string mode) => mode.Split(',').Contains("ro");

    internal static bool IsMode(string mode)
    {
        if (mode.Length == 0)
        {
            return true;
        }

        var words = mode.Split(',');
        return words.All(w => w is "rw" or "ro" or "z" or "Z" or "nocopy" or "consistent" or "cached" or "delegated" || s_propagations.Contains(w))
            && words.Count(w => w is "rw" or "ro") <= 1 && words.Count(s_propagations.Contains) <= 1 && words.Count(w => w is "z" or "Z") <= 1
            && words.Count(w => w is "consistent" or "cached" or "delegated") <= 1 && words.Count(w => w is "nocopy") <= 1;
    }

    internal static bool IsPropagation(string word) => s_propagations.Contains(word);

    /// <exception cref="GantryException">InvalidArgument in Docker's words.</exception>
    internal static void CheckVolumeName(string name)
    {
        if (name.Length == 1)
        {
            throw GantryException.InvalidArgument($"create {name}: volume name is too short, names should be at least two alphanumeric characters");
        }

        if (name.Length < 2 || !char.IsAsciiLetterOrDigit(name[0]) || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-'))
        {
            throw GantryException.InvalidArgument(
                $"create {name}: \"{name}\" includes invalid characters for a local volume name, only \"[a-zA-Z0-9][a-zA-Z0-9_.-]\" are allowed. "
                + "If you intended to pass a host directory, use absolute path");
        }
    }

    private static ContainerMount Bind(string source, string destination, string mode)
    {
        var words = mode.Split(',');
        if (words.Contains("nocopy"))
        {
            throw GantryException.InvalidArgument(
                $"invalid volume specification: '{source}:{destination}:{mode}': invalid mount config for type \"bind\": field VolumeOptions must not be specified");
        }

        return new ContainerMount
        {
            Type = "bind",
            Source = CleanPath.Of(source),
            Destination = destination,
            Mode = mode,
            ReadWrite = !words.Contains("ro"),
            Propagation = words.FirstOrDefault(IsPropagation) ?? string.Empty,
            CreateSource = true,
        };
    }

    private static ContainerMount Volume(string name, string destination, string mode)
    {
        if (name.Length > 0)
        {
            CheckVolumeName(name);
        }

        var words = mode.Split(',');
        if (words.Any(IsPropagation))
        {
            throw GantryException.InvalidArgument($"invalid volume specification: '{name}:{destination}:{mode}': invalid mount config for type \"volume\": field BindOptions must not be specified");
        }

        return new ContainerMount
        {
            Type = "volume",
            Name = name,
            Destination = destination,
            Driver = "local",
            Mode = mode.Length == 0 ? "z" : mode,
            ReadWrite = !words.Contains("ro"),
            Anonymous = name.Length == 0,
            CopyUp = !words.Contains("nocopy"),
        };
    }

    private static string Destination(string path, string spec)
    {
        if (!path.StartsWith('/'))
        {
            throw NotAbsolute(spec, path);
        }

        var clean = CleanPath.Of(path);
        return clean == "/"
            ? throw GantryException.InvalidArgument($"invalid volume specification: '{spec}': invalid mount config for type \"{(spec.StartsWith('/') && spec.Contains(':', StringComparison.Ordinal) ? "bind" : "volume")}\": invalid specification: destination can't be '/'")
            : clean;
    }

    private static GantryException NotAbsolute(string spec, string path) =>
        GantryException.InvalidArgument($"invalid volume specification: '{spec}': invalid mount config for type \"{(spec.StartsWith('/') ? "bind" : "volume")}\": invalid mount path: '{path}' mount path must be absolute");

    private static GantryException Invalid(string spec) => GantryException.InvalidArgument($"invalid volume specification: '{spec}'");
}
