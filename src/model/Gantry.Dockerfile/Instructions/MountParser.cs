using System.Globalization;
using System.Text;

namespace Gantry.Dockerfile.Syntax;

/// <summary>The fields of <c>RUN --mount=type=...,target=...</c>, a line of comma-separated values.</summary>
internal static class MountParser
{
    private static readonly Dictionary<RunMountType, string[]> s_allowed = new()
    {
        [RunMountType.Bind] = ["from", "source", "target", "readonly"],
        [RunMountType.Cache] = ["from", "source", "target", "readonly", "id", "sharing", "mode", "uid", "gid"],
        [RunMountType.Tmpfs] = ["target", "size"],
        [RunMountType.Secret] = ["target", "id", "required", "env", "mode", "uid", "gid"],
        [RunMountType.Ssh] = ["target", "id", "required", "mode", "uid", "gid"],
    };

    public static RunMount Parse(string text)
    {
        var fields = Fields(text).Select(Split).ToList();
        var type = Type(fields.LastOrDefault(f => f.Key == "type").Value ?? "bind");
        var mount = new RunMount { Type = type, ReadOnly = type == RunMountType.Bind };
        foreach (var (key, value, field) in fields.Where(f => f.Key != "type"))
        {
            mount = s_allowed[type].Contains(key) ? Apply(mount, key, value, field)
                : throw new SyntaxException($"unexpected key '{key}' for mount type '{type.ToString().ToLowerInvariant()}'");
        }

        if (mount.Target.Length == 0 && type is not (RunMountType.Secret or RunMountType.Ssh))
        {
            throw new SyntaxException("invalid mount: target path is required");
        }

        return mount;
    }

    private static RunMount Apply(RunMount mount, string key, string value, string field) => key switch
    {
        "from" => mount with { From = value },
        "source" => mount with { Source = value },
        "target" => mount with { Target = value },
        "readonly" => mount with { ReadOnly = Boolean(value, field) },
        "id" => mount with { Id = value },
        "sharing" => mount with { Sharing = Sharing(value) },
        "required" => mount with { Required = Boolean(value, field) },
        "env" => mount with { Env = value },
        "size" => mount with { Size = Size(value) },
        "mode" => mount with { Mode = Number(value, 8, "mode") },
        "uid" => mount with { Uid = Number(value, 10, "uid") },
        "gid" => mount with { Gid = Number(value, 10, "gid") },
        _ => throw new SyntaxException($"unexpected key '{key}' in '{field}'"),
    };

    /// <summary>Values may stand in double quotes, which doubled are themselves.</summary>
    private static List<string> Fields(string text)
    {
        var fields = new List<string>();
        var field = new StringBuilder();
        var quoted = false;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c == '"' && quoted && i + 1 < text.Length && text[i + 1] == '"')
            {
                field.Append(text[++i]);
            }
            else if (c == '"')
            {
                quoted = !quoted;
            }
            else if (c == ',' && !quoted)
            {
                fields.Add(field.ToString());
                field.Clear();
            }
            else
            {
                field.Append(c);
            }
        }

        fields.Add(field.ToString());
        return quoted ? throw new SyntaxException($"failed to parse mount: quotes are not closed in {GoText.Quote(text)}") : fields;
    }

    private static (string Key, string Value, string Field) Split(string field)
    {
        var equals = field.IndexOf('=', StringComparison.Ordinal);
        var key = (equals < 0 ? field : field[..equals]).ToLowerInvariant();
        var value = equals < 0 ? null : field[(equals + 1)..];
        return key switch
        {
            "readonly" or "ro" => ("readonly", value ?? "true", field),
            "readwrite" or "rw" => ("readonly", Boolean(value ?? "true", field) ? "false" : "true", field),
            "required" => (key, value ?? "true", field),
            _ when value is null => throw new SyntaxException($"invalid field '{field}' must be a key=value pair"),
            "target" or "dst" or "destination" => ("target", value, field),
            "source" or "src" => ("source", value, field),
            "type" or "from" or "id" or "sharing" or "env" or "size" or "mode" or "uid" or "gid" => (key, value, field),
            _ => throw new SyntaxException($"unexpected key '{key}' in '{field}'"),
        };
    }

    private static RunMountType Type(string value) => value.ToLowerInvariant() switch
    {
        "bind" => RunMountType.Bind,
        "cache" => RunMountType.Cache,
        "tmpfs" => RunMountType.Tmpfs,
        "secret" => RunMountType.Secret,
        "ssh" => RunMountType.Ssh,
        _ => throw new SyntaxException($"unsupported mount type {GoText.Quote(value)}"),
    };

    private static CacheSharing Sharing(string value) => value.ToLowerInvariant() switch
    {
        "shared" => CacheSharing.Shared,
        "private" => CacheSharing.Private,
        "locked" => CacheSharing.Locked,
        _ => throw new SyntaxException($"unsupported sharing value {GoText.Quote(value)}"),
    };

    private static bool Boolean(string value, string field) => value.ToLowerInvariant() switch
    {
        "1" or "t" or "true" => true,
        "0" or "f" or "false" => false,
        _ => throw new SyntaxException($"invalid value for {field}"),
    };

    private static int Number(string value, int radix, string what)
    {
        var isNumber = value.Length is > 0 and <= 9 && value.All(c => c >= '0' && c < '0' + radix);
        return isNumber ? Convert.ToInt32(value, radix) : throw new SyntaxException($"invalid value {value} for {what}");
    }

    /// <summary>Bytes with an optional unit, as <c>--memory</c> takes them.</summary>
    private static long Size(string value)
    {
        var digits = value.AsSpan().IndexOfAnyExceptInRange('0', '9') is var at and >= 0 ? at : value.Length;
        long factor = value[digits..].ToLowerInvariant() switch
        {
            "" or "b" => 1,
            "k" or "kb" => 1L << 10,
            "m" or "mb" => 1L << 20,
            "g" or "gb" => 1L << 30,
            _ => 0,
        };
        return factor > 0 && long.TryParse(value.AsSpan(0, digits), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number <= long.MaxValue / factor
            ? number * factor
            : throw new SyntaxException($"invalid size: '{value}'");
    }
}
