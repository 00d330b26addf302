using Gantry.Errors;

namespace Gantry.Apps.Cli.Running;

/// <summary>--platform os[/arch[/variant]].</summary>
internal static class Platforms
{
    private static readonly HashSet<string> s_systems = new(StringComparer.Ordinal)
    {
        "aix", "android", "darwin", "dragonfly", "freebsd", "illumos", "ios", "js", "linux", "netbsd", "openbsd", "plan9", "solaris", "wasip1", "windows",
    };

    private static readonly HashSet<string> s_architectures = new(StringComparer.Ordinal)
    {
        "386", "amd64", "amd64p32", "arm", "armbe", "arm64", "arm64be", "loong64", "mips", "mipsle", "mips64", "mips64le", "mips64p32", "ppc", "ppc64", "ppc64le",
        "riscv", "riscv64", "s390", "s390x", "sparc", "sparc64", "wasm", "x86_64", "aarch64", "armhf", "armel", "i386",
    };

    /// <summary>The platform as given, checked; null where none is.</summary>
    public static string? Check(string platform)
    {
        if (platform.Length == 0)
        {
            return null;
        }

        var parts = platform.ToLowerInvariant().Split('/');
        var known = parts.Length switch
        {
            1 => s_systems.Contains(parts[0]) || s_architectures.Contains(parts[0]),
            2 or 3 => s_systems.Contains(parts[0]) && parts[1].Length > 0,
            _ => false,
        };
        return known
            ? platform
            : throw GantryException.InvalidArgument(
                $"error parsing specified platform: {Terminal.Units.Quoting.Quote(platform)}: unknown operating system or architecture: invalid argument");
    }

    /// <summary>The platform as JSON for the newer calls ({"os":"linux","architecture":"arm64"}); null where none is given.</summary>
    public static string? ToJson(string platform)
    {
        if (Check(platform) is null)
        {
            return null;
        }

        var parts = platform.ToLowerInvariant().Split('/');
        if (parts.Length == 1)
        {
            parts = s_systems.Contains(parts[0]) ? [parts[0], Engine.ProductInfo.Architecture] : ["linux", parts[0]];
        }

        var variant = parts.Length > 2 ? $",\"variant\":{Quote(parts[2])}" : "";
        return $"{{\"architecture\":{Quote(parts[1])},\"os\":{Quote(parts[0])}{variant}}}";
    }

    private static string Quote(string text)
    {
        var json = new System.Text.StringBuilder();
        Terminal.Values.GoJson.WriteString(json, text);
        return json.ToString();
    }
}
