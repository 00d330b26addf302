using Gantry.Oci;

namespace Gantry.Build.Frontend;

/// <summary>TARGETPLATFORM, BUILDARCH and so on (Dockerfile reference, "Automatic platform ARGs in the global scope").</summary>
internal static class PlatformArguments
{
    public static IReadOnlyDictionary<string, string> Of(Platform build, Platform target)
    {
        var arguments = new Dictionary<string, string>();
        foreach (var (prefix, platform) in new[] { ("BUILD", build), ("TARGET", target) })
        {
            arguments[prefix + "PLATFORM"] = platform.ToString();
            arguments[prefix + "OS"] = platform.Os;
            arguments[prefix + "ARCH"] = platform.Architecture;
            arguments[prefix + "VARIANT"] = platform.Variant ?? string.Empty;
        }

        return arguments;
    }
}
