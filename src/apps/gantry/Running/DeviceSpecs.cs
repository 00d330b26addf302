using Gantry.Api;
using Gantry.Errors;

namespace Gantry.Apps.Cli.Running;

/// <summary>--device HOST[:CONTAINER][:MODE] or a CDI name (vendor/class=device).</summary>
internal static class DeviceSpecs
{
    public static bool IsCdiName(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var mark = text.IndexOf('=', StringComparison.Ordinal);
        return slash > 0 && mark > slash + 1 && mark < text.Length - 1 && char.IsAsciiLetter(text[0]) && !text.Contains(':', StringComparison.Ordinal);
    }

    public static DeviceMapping Parse(string text)
    {
        var parts = text.Split(':');
        if (parts.Length > 3 || parts[0].Length == 0)
        {
            throw GantryException.InvalidArgument($"bad format for path: {text}");
        }

        var (target, mode) = parts.Length switch
        {
            1 => (parts[0], "rwm"),
            2 => IsMode(parts[1]) ? (parts[0], parts[1]) : (parts[1], "rwm"),
            _ => (parts[1], IsMode(parts[2]) ? parts[2] : throw GantryException.InvalidArgument($"bad mode specified: {parts[2]}")),
        };
        return target.StartsWith('/')
            ? new DeviceMapping { PathOnHost = parts[0], PathInContainer = target, CgroupPermissions = mode }
            : throw GantryException.InvalidArgument($"{target} is not an absolute path");
    }

    private static bool IsMode(string text) =>
        text.Length is > 0 and <= 3 && text.All(c => "rwm".Contains(c, StringComparison.Ordinal)) && text.Distinct().Count() == text.Length;
}
