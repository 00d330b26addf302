using Gantry.Api;
using Gantry.Apps.Cli.CommandLine;
using Gantry.Errors;
using Gantry.Terminal.Units;

namespace Gantry.Apps.Cli.Running;

/// <summary>--mount type=...,src=...,dst=...,...</summary>
internal sealed class MountFlag
{
    private readonly Mount _mount = new() { Type = "volume" };

    private MountFlag()
    {
    }

    public static Mount Parse(string text)
    {
        if (text.Trim().Length == 0)
        {
            throw Invalid("value is empty");
        }

        var flag = new MountFlag();
        foreach (var field in Csv.Parse(text.Trim()))
        {
            flag.Take(field);
        }

        return flag.Finish();
    }

    private void Take(string field)
    {
        var mark = field.IndexOf('=', StringComparison.Ordinal);
        var key = (mark < 0 ? field : field[..mark]).ToLowerInvariant();
        if (mark < 0 && key is not ("readonly" or "ro" or "volume-nocopy" or "bind-nonrecursive"))
        {
            throw Invalid($"invalid field '{field}' must be a key=value pair");
        }

        var value = mark < 0 ? "true" : field[(mark + 1)..];
        if (value.Length == 0 && key is not ("source" or "src"))
        {
            throw Invalid($"invalid value for '{key}': value is empty");
        }

        switch (key)
        {
            case "type":
                _mount.Type = value.ToLowerInvariant();
                break;
            case "source" or "src":
                _mount.Source = value.StartsWith("./", StringComparison.Ordinal) || value is "." or ".." || value.StartsWith("../", StringComparison.Ordinal)
                    ? Path.GetFullPath(value)
                    : value;
                break;
            case "target" or "dst" or "destination":
                _mount.Target = value;
                break;
            case "readonly" or "ro":
                _mount.ReadOnly = Boolean(key, value) ? true : null;
                break;
            case "consistency":
                _mount.Consistency = value.ToLowerInvariant();
                break;
            default:
                TakeOption(key, value, field);
                break;
        }
    }

    private void TakeOption(string key, string value, string field)
    {
        switch (key)
        {
            case "bind-propagation":
                Bind.Propagation = value.ToLowerInvariant();
                break;
            case "bind-nonrecursive":
                Bind.NonRecursive = Boolean(key, value);
                break;
            case "bind-recursive":
                BindRecursive(value);
                break;
            case "volume-subpath":
                Volume.Subpath = value;
                break;
            case "volume-nocopy":
                Volume.NoCopy = Boolean(key, value);
                break;
            case "volume-label":
                Add(Volume.Labels ??= [], value);
                break;
            case "volume-driver":
                (Volume.DriverConfig ??= new()).Name = value;
                break;
            case "volume-opt":
                Add((Volume.DriverConfig ??= new()).Options ??= [], value);
                break;
            case "image-subpath":
                (_mount.ImageOptions ??= new()).Subpath = value;
                break;
            case "tmpfs-size":
                Tmpfs.SizeBytes = Sizes.TryParseRam(value, out var size, out _) ? size : throw Invalid($"invalid value for {key}: {value}");
                break;
            case "tmpfs-mode":
                Tmpfs.Mode = Octal(key, value);
                break;
            default:
                throw Invalid($"unexpected key '{key}' in '{field}'");
        }
    }

    private MountBindOptions Bind => _mount.BindOptions ??= new();

    private MountVolumeOptions Volume => _mount.VolumeOptions ??= new();

    private MountTmpfsOptions Tmpfs => _mount.TmpfsOptions ??= new();

    private void BindRecursive(string value)
    {
        switch (value)
        {
            case "enabled":
                break;
            case "disabled":
                Bind.NonRecursive = true;
                break;
            case "writable":
                Bind.ReadOnlyNonRecursive = true;
                break;
            case "readonly":
                Bind.ReadOnlyForceRecursive = true;
                break;
            default:
                throw Invalid($"invalid value for bind-recursive: {value} (must be \"enabled\", \"disabled\", \"writable\", or \"readonly\")");
        }
    }

    private Mount Finish()
    {
        if (_mount.Type!.Length == 0)
        {
            throw Invalid("type is required");
        }

        if (string.IsNullOrEmpty(_mount.Target))
        {
            throw Invalid("target is required");
        }

        Mixed("volume", _mount.VolumeOptions is not null);
        Mixed("bind", _mount.BindOptions is not null);
        Mixed("image", _mount.ImageOptions is not null);
        Mixed("tmpfs", _mount.TmpfsOptions is not null);
        if (_mount.BindOptions is { ReadOnlyNonRecursive: true } && _mount.ReadOnly != true)
        {
            throw Invalid("option 'bind-recursive=writable' requires 'readonly' to be specified in conjunction");
        }

        if (_mount.BindOptions is { ReadOnlyForceRecursive: true } && _mount.ReadOnly != true)
        {
            throw Invalid("option 'bind-recursive=readonly' requires 'readonly' to be specified in conjunction");
        }

        return _mount.BindOptions is { ReadOnlyForceRecursive: true, Propagation: not "rprivate" }
            ? throw Invalid("option 'bind-recursive=readonly' requires 'bind-propagation=rprivate' to be specified in conjunction")
            : _mount;
    }

    private void Mixed(string type, bool used)
    {
        if (used && _mount.Type != type)
        {
            throw Invalid($"cannot mix '{type}-*' options with mount type '{_mount.Type}'");
        }
    }

    private static bool Boolean(string key, string value)
    {
        try
        {
            return FlagValues.Boolean(value);
        }
        catch (GantryException)
        {
            throw Invalid($"invalid value for {key}: {value}");
        }
    }

    private static long Octal(string key, string value)
    {
        long mode = 0;
        foreach (var digit in value)
        {
            mode = digit is >= '0' and <= '7' && mode <= 0xfffff ? (mode * 8) + (digit - '0') : throw Invalid($"invalid value for {key}: {value}");
        }

        return mode;
    }

    private static void Add(Dictionary<string, string> map, string text)
    {
        var (key, value) = FlagValues.Pair(text);
        map[key] = value;
    }

    private static GantryException Invalid(string message) => GantryException.InvalidArgument(message);
}
