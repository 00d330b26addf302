using System.Globalization;
using Gantry.Api;
using Gantry.Errors;

namespace Gantry.Runtime.Spec;

/// <summary>Mount options of a tmpfs given by a user, on top of the ones a container's tmpfs always has.</summary>
internal static class TmpfsOptions
{
    private static readonly string[] s_base = ["noexec", "nosuid", "nodev", "rprivate"];

    /// <summary>Flags by what they set; of those with the same subject the last one counts.</summary>
    private static readonly Dictionary<string, string> s_flags = new()
    {
        ["ro"] = "ro", ["rw"] = "ro",
        ["suid"] = "suid", ["nosuid"] = "suid",
        ["dev"] = "dev", ["nodev"] = "dev",
        ["exec"] = "exec", ["noexec"] = "exec",
        ["sync"] = "sync", ["async"] = "sync",
        ["dirsync"] = "dirsync",
        ["remount"] = "remount",
        ["mand"] = "mand", ["nomand"] = "mand",
        ["atime"] = "atime", ["noatime"] = "atime",
        ["diratime"] = "diratime", ["nodiratime"] = "diratime",
        ["bind"] = "bind", ["rbind"] = "bind",
        ["relatime"] = "relatime", ["norelatime"] = "relatime",
        ["strictatime"] = "strictatime", ["nostrictatime"] = "strictatime",
        ["unbindable"] = "propagation", ["runbindable"] = "propagation",
        ["private"] = "propagation", ["rprivate"] = "propagation",
        ["shared"] = "propagation", ["rshared"] = "propagation",
        ["slave"] = "propagation", ["rslave"] = "propagation",
    };

    private static readonly HashSet<string> s_data = ["size", "mode", "uid", "gid", "nr_inodes", "nr_blocks", "mpol"];

    /// <summary>The container's defaults with the user's comma-separated options; throws InvalidArgument on an unknown one.</summary>
    internal static List<string> Merge(string? options)
    {
        var all = s_base.Concat((options ?? string.Empty).Split(',', StringSplitOptions.RemoveEmptyEntries)).ToList();
        var merged = new List<string>();
        var seen = new HashSet<string>();
        for (var i = all.Count - 1; i >= 0; i--)
        {
            if (all[i] != "defaults" && seen.Add(Subject(all[i])))
            {
                merged.Insert(0, all[i]);
            }
        }

        return merged;
    }

    /// <summary>The options that a mount of type tmpfs stands for, in the order Docker writes them.</summary>
    internal static string FromMount(Mount mount)
    {
        var options = new List<string>();
        if (mount.ReadOnly == true)
        {
            options.Add("ro");
        }

        if (mount.TmpfsOptions is { } tmpfs)
        {
            if (tmpfs.Mode is not (null or 0))
            {
                options.Add("mode=" + Convert.ToString(tmpfs.Mode.Value, 8));
            }

            if (tmpfs.SizeBytes is not (null or 0))
            {
                options.Add("size=" + FormatSize(tmpfs.SizeBytes.Value));
            }

            options.AddRange((tmpfs.Options ?? []).Select(pair => string.Join('=', pair)));
        }

        return string.Join(',', options);
    }

    internal static void CheckDestination(string destination)
    {
        if (!destination.StartsWith('/'))
        {
            throw GantryException.InvalidArgument($"invalid mount path: '{destination}' mount path must be absolute");
        }

        if (destination.Trim('/').Split('/').All(part => part is "" or "."))
        {
            throw GantryException.InvalidArgument("invalid specification: destination can't be '/'");
        }
    }

    private static string Subject(string option)
    {
        if (s_flags.TryGetValue(option, out var subject))
        {
            return subject;
        }

        var equals = option.IndexOf('=', StringComparison.Ordinal);
        return equals > 0 && s_data.Contains(option[..equals])
            ? option[..(equals + 1)]
            : throw GantryException.InvalidArgument($"invalid tmpfs option \"{option}\"");
    }

    /// <summary>The largest unit that divides the size: 1048576 → 1m.</summary>
    private static string FormatSize(long bytes)
    {
        foreach (var (unit, size) in new[] { ("g", 1L << 30), ("m", 1L << 20), ("k", 1L << 10) })
        {
            if (bytes % size == 0)
            {
                return (bytes / size).ToString(CultureInfo.InvariantCulture) + unit;
            }
        }

        return bytes.ToString(CultureInfo.InvariantCulture);
    }
}
