using System.Globalization;
using Gantry.Api;
using Gantry.Engine.Containers.State;
using Gantry.Errors;

namespace Gantry.Engine.Containers.Mounts;

/// <summary>The grammar of <c>HostConfig.Mounts</c> (<c>--mount</c>).</summary>
internal static class MountSpec
{
    /// <exception cref="GantryException">InvalidArgument in Docker's words.</exception>
    internal static ContainerMount Parse(Mount mount)
    {
        var target = mount.Target ?? string.Empty;
        var type = mount.Type ?? string.Empty;
        if (target.Length == 0)
        {
            throw Invalid(type, "field Target must not be empty");
        }

        if (!target.StartsWith('/'))
        {
            throw Invalid(type, $"invalid mount path: '{target}' mount path must be absolute");
        }

        var destination = CleanPath.Of(target);
        if (destination == "/")
        {
            throw Invalid(type, "invalid specification: destination can't be '/'");
        }

        return type switch
        {
            "bind" => Bind(mount, destination),
            "volume" => Volume(mount, destination),
            "tmpfs" => Tmpfs(mount, destination),
            "image" => Image(mount, destination),
            _ => throw GantryException.InvalidArgument($"invalid mount config for type \"{type}\": mount type unknown"),
        };
    }

    private static ContainerMount Bind(Mount mount, string destination)
    {
        var source = mount.Source ?? string.Empty;
        Forbid(mount.VolumeOptions, "bind", "VolumeOptions");
        Forbid(mount.TmpfsOptions, "bind", "TmpfsOptions");
        Forbid(mount.ImageOptions, "bind", "ImageOptions");
        if (source.Length == 0)
        {
            throw Invalid("bind", "field Source must not be empty");
        }

        if (!source.StartsWith('/'))
        {
            throw Invalid("bind", $"invalid mount path: '{source}' mount path must be absolute");
        }

        var propagation = mount.BindOptions?.Propagation ?? string.Empty;
        if (propagation.Length > 0 && !BindSpec.IsPropagation(propagation))
        {
            throw Invalid("bind", $"invalid propagation mode: {propagation}");
        }

        var create = mount.BindOptions?.CreateMountpoint == true;
        if (!create && !Path.Exists(source))
        {
            throw Invalid("bind", $"bind source path does not exist: {source}");
        }

        return new ContainerMount
        {
            Type = "bind",
            Source = CleanPath.Of(source),
            Destination = destination,
            ReadWrite = mount.ReadOnly != true,
            Propagation = propagation,
            CreateSource = create,
            NonRecursive = mount.BindOptions?.NonRecursive == true,
            ReadOnlyNonRecursive = mount.BindOptions?.ReadOnlyNonRecursive == true,
            ReadOnlyForceRecursive = mount.BindOptions?.ReadOnlyForceRecursive == true,
        };
    }

    private static ContainerMount Volume(Mount mount, string destination)
    {
        Forbid(mount.BindOptions, "volume", "BindOptions");
        Forbid(mount.TmpfsOptions, "volume", "TmpfsOptions");
        Forbid(mount.ImageOptions, "volume", "ImageOptions");
        var name = mount.Source ?? string.Empty;
        var subpath = mount.VolumeOptions?.Subpath ?? string.Empty;
        if (name.Length == 0 && mount.ReadOnly == true)
        {
            throw Invalid("volume", "must not set ReadOnly mode when using anonymous volumes");
        }

        if (subpath.Length > 0 && name.Length == 0)
        {
            throw Invalid("volume", "must not set Subpath when using anonymous volumes");
        }

        CheckSubpath("volume", subpath);
        if (name.Length > 0)
        {
            BindSpec.CheckVolumeName(name);
        }

        var driver = mount.VolumeOptions?.DriverConfig?.Name ?? string.Empty;
        return new ContainerMount
        {
            Type = "volume",
            Name = name,
            Destination = destination,
            Driver = driver.Length == 0 ? "local" : driver,
            Mode = "z",
            ReadWrite = mount.ReadOnly != true,
            Anonymous = name.Length == 0,
            CopyUp = mount.VolumeOptions?.NoCopy != true,
            Subpath = subpath,
        };
    }

    /// <summary>Relative, and never above its start.</summary>
    private static bool IsLocal(string path)
    {
        var depth = 0;
        foreach (var part in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            depth += part switch { ".." => -1, "." => 0, _ => 1 };
            if (depth < 0)
            {
                return false;
            }
        }

        return !path.StartsWith('/');
    }

    private static ContainerMount Image(Mount mount, string destination)
    {
        Forbid(mount.BindOptions, "image", "BindOptions");
        Forbid(mount.VolumeOptions, "image", "VolumeOptions");
        Forbid(mount.TmpfsOptions, "image", "TmpfsOptions");
        if (string.IsNullOrEmpty(mount.Source))
        {
            throw Invalid("image", "field Source must not be empty");
        }

        var subpath = mount.ImageOptions?.Subpath ?? string.Empty;
        CheckSubpath("image", subpath);
        return new ContainerMount
        {
            Type = "image",
            Name = mount.Source,
            Destination = destination,
            ReadWrite = false,
            Propagation = "rprivate",
            Subpath = subpath,
        };
    }

    private static void CheckSubpath(string type, string subpath)
    {
        if (subpath.Length > 0 && !IsLocal(subpath))
        {
            throw Invalid(type, "subpath must be a relative path within the volume");
        }
    }

    private static ContainerMount Tmpfs(Mount mount, string destination)
    {
        Forbid(mount.BindOptions, "tmpfs", "BindOptions");
        Forbid(mount.VolumeOptions, "tmpfs", "VolumeOptions");
        Forbid(mount.ImageOptions, "tmpfs", "ImageOptions");
        if (!string.IsNullOrEmpty(mount.Source))
        {
            throw Invalid("tmpfs", "field Source must not be specified");
        }

        var options = new List<string>();
        if (mount.ReadOnly == true)
        {
            options.Add("ro");
        }

        if (mount.TmpfsOptions?.Mode is { } mode and > 0)
        {
            options.Add("mode=" + Convert.ToString(mode, 8));
        }

        if (mount.TmpfsOptions?.SizeBytes is { } size and > 0)
        {
            options.Add("size=" + size.ToString(CultureInfo.InvariantCulture));
        }

        options.AddRange((mount.TmpfsOptions?.Options ?? []).Select(o => string.Join('=', o)));
        return new ContainerMount
        {
            Type = "tmpfs",
            Destination = destination,
            ReadWrite = mount.ReadOnly != true,
            TmpfsOptions = string.Join(',', options),
        };
    }

    private static void Forbid(object? options, string type, string field)
    {
        if (options is not null)
        {
            throw GantryException.InvalidArgument($"{field} must not be specified on mount type \"{type}\"");
        }
    }

    private static GantryException Invalid(string type, string why) =>
        GantryException.InvalidArgument($"invalid mount config for type \"{type}\": {why}");
}
