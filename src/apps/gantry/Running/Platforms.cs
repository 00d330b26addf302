using Gantry.Errors;
using Gantry.Oci;

namespace Gantry.Apps.Cli.Running;

/// <summary>--platform os[/arch[/variant]].</summary>
internal static class Platforms
{
    /// <summary>The platform as given, checked; null where none is.</summary>
    /// <param name="complaint">Comes first in the error; docker has other words for it in every command.</param>
    public static string? Check(string platform, string complaint = "") => Parse(platform, complaint) is null ? null : platform;

    /// <summary>The platform as JSON for the newer calls ({"os":"linux","architecture":"arm64"}); null where none is given.</summary>
    public static string? ToJson(string platform, string complaint = "")
    {
        if (Parse(platform, complaint) is not { } parsed)
        {
            return null;
        }

        var variant = string.IsNullOrEmpty(parsed.Variant) ? "" : $",\"variant\":{Quote(parsed.Variant)}";
        return $"{{\"architecture\":{Quote(parsed.Architecture)},\"os\":{Quote(parsed.Os)}{variant}}}";
    }

    private static Platform? Parse(string platform, string complaint)
    {
        try
        {
            return platform.Length == 0 ? null : Platform.Parse(platform);
        }
        catch (GantryException e)
        {
            throw GantryException.InvalidArgument(complaint + e.Message, e);
        }
    }

    private static string Quote(string text)
    {
        var json = new System.Text.StringBuilder();
        Terminal.Values.GoJson.WriteString(json, text);
        return json.ToString();
    }
}
