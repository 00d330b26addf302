using System.Runtime.InteropServices;
using System.Text.Json.Serialization;
using Gantry.Errors;

namespace Gantry.Oci;

/// <summary>What an image runs on (OCI image-spec, image-index.md, "platform"). Values are Go's GOOS and GOARCH.</summary>
public sealed record Platform
{
    [JsonPropertyName("architecture")]
    public string Architecture { get; init; } = string.Empty;

    [JsonPropertyName("os")]
    public string Os { get; init; } = string.Empty;

    [JsonPropertyName("os.version")]
    public string? OsVersion { get; init; }

    [JsonPropertyName("os.features")]
    public IReadOnlyList<string>? OsFeatures { get; init; }

    [JsonPropertyName("variant")]
    public string? Variant { get; init; }

    /// <summary>The platform this process runs on.</summary>
    public static Platform Host { get; } = Normalize("linux", RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant(), null);

    /// <summary>Parses <c>os</c>, <c>arch</c>, <c>os/arch</c> or <c>os/arch/variant</c> as <c>--platform</c> takes it.</summary>
    /// <exception cref="GantryException">InvalidArgument, in containerd's words.</exception>
    public static Platform Parse(string text)
    {
        var parts = text.Split('/');
        if (parts.Length > 3 && text.Length <= 128)
        {
            throw GantryException.InvalidArgument($"\"{text}\": cannot parse platform specifier: invalid argument");
        }

        if (text.Length > 128 || parts[0].Length == 0 || parts[0].AsSpan().ContainsAnyExcept(s_allowedInOs))
        {
            throw GantryException.InvalidArgument(
                $"\"{parts[0]}\" is an invalid OS component of \"{text}\": OSAndVersion specifier component must match \"{OsPattern}\": invalid argument");
        }

        if (parts.Skip(1).FirstOrDefault(p => p.Length == 0 || p.AsSpan().ContainsAnyExcept(s_allowed)) is { } wrong)
        {
            throw GantryException.InvalidArgument(
                $"\"{wrong}\" is an invalid component of \"{text}\": platform specifier component must match \"^[A-Za-z0-9_.-]+$\": invalid argument");
        }

        return parts.Length switch
        {
            1 when s_knownOs.Contains(NormalizeOs(parts[0])) => Normalize(parts[0], Host.Architecture, Host.Variant),
            1 when Normalize(Host.Os, parts[0], null) is var platform => s_knownArchitectures.Contains(platform.Architecture)
                ? platform
                : throw GantryException.InvalidArgument($"\"{text}\": unknown operating system or architecture: invalid argument"),
            2 => Normalize(parts[0], parts[1], null),
            _ => Normalize(parts[0], parts[1], parts[2]),
        };
    }

    /// <summary>True when an image for <paramref name="candidate"/> satisfies this wish; an unnamed variant takes the architecture's default.</summary>
    public bool Accepts(Platform candidate)
    {
        var wanted = Normalize(Os, Architecture, Variant);
        var offered = Normalize(candidate.Os, candidate.Architecture, candidate.Variant);
        return wanted.Os == offered.Os && wanted.Architecture == offered.Architecture && wanted.Variant == offered.Variant;
    }

    public override string ToString() => string.IsNullOrEmpty(Variant) ? $"{Os}/{Architecture}" : $"{Os}/{Architecture}/{Variant}";

    private static readonly System.Buffers.SearchValues<char> s_allowed =
        System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-");

    private static readonly System.Buffers.SearchValues<char> s_allowedInOs =
        System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");

    /// <summary>containerd's, for the message: the version in parentheses is Windows', which no image here is for.</summary>
    private const string OsPattern = @"^([A-Za-z0-9_-]+)(?:\\(([A-Za-z0-9_.-]*)\\))?$";

    // Go's GOOS and GOARCH.
    private static readonly HashSet<string> s_knownOs =
    [
        "aix", "android", "darwin", "dragonfly", "freebsd", "hurd", "illumos", "ios", "js", "linux", "nacl", "netbsd", "openbsd", "plan9", "solaris", "windows", "zos",
    ];

    private static readonly HashSet<string> s_knownArchitectures =
    [
        "386", "amd64", "amd64p32", "arm", "armbe", "arm64", "arm64be", "ppc64", "ppc64le", "loong64", "mips", "mipsle", "mips64", "mips64le", "mips64p32",
        "mips64p32le", "ppc", "riscv", "riscv64", "s390", "s390x", "sparc", "sparc64", "wasm",
    ];

    private static string NormalizeOs(string os) => os.ToLowerInvariant() switch
    {
        "macos" => "darwin",
        var other => other,
    };

    private static Platform Normalize(string os, string architecture, string? variant)
    {
        (architecture, variant) = (architecture.ToLowerInvariant(), variant?.ToLowerInvariant()) switch
        {
            ("x64" or "x86_64" or "x86-64" or "amd64", "v1") => ("amd64", null),
            ("x64" or "x86_64" or "x86-64" or "amd64", var v) => ("amd64", v),
            ("x86" or "i386" or "i486" or "i586" or "i686", var v) => ("386", v),
            ("aarch64" or "arm64", "8" or "v8") => ("arm64", null),
            ("aarch64" or "arm64", var v) => ("arm64", v),
            ("armhf", _) => ("arm", "v7"),
            ("armel", _) => ("arm", "v6"),
            ("arm", null or "" or "7") => ("arm", "v7"),
            ("arm", "5" or "6" or "8") => ("arm", "v" + variant),
            var other => other,
        };
        return new Platform { Os = NormalizeOs(os), Architecture = architecture, Variant = string.IsNullOrEmpty(variant) ? null : variant };
    }
}
