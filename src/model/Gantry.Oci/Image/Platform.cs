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

        if (text.Length == 0 || text.Length > 128 || parts.Any(p => p.Length == 0 || p.AsSpan().ContainsAnyExcept(s_allowed)))
        {
            throw GantryException.InvalidArgument(
                $"\"{text}\" is an invalid component of \"{text}\": platform specifier component must match \"^[A-Za-z0-9_.-]+$\": invalid argument");
        }

        return parts.Length switch
        {
            1 when s_knownOs.Contains(parts[0].ToLowerInvariant()) => Normalize(parts[0], Host.Architecture, Host.Variant),
            1 => Normalize(Host.Os, parts[0], null),
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

    private static readonly HashSet<string> s_knownOs = ["linux", "windows", "darwin", "freebsd", "netbsd", "openbsd", "solaris", "aix"];

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
        return new Platform { Os = os.ToLowerInvariant(), Architecture = architecture, Variant = string.IsNullOrEmpty(variant) ? null : variant };
    }
}
