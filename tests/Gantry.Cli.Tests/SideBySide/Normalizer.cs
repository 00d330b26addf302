using System.Text.RegularExpressions;

namespace Gantry.Cli.Tests.SideBySide;

/// <summary>Takes out of an output what may differ: ages, random names, and the few differences that are wanted.</summary>
internal static partial class Normalizer
{
    /// <summary>Ours is the engine's builder, which is not deprecated; docker says this of the classic one where buildx is not installed.</summary>
    private const string LegacyBuilder =
        "DEPRECATED: The legacy builder is deprecated and will be removed in a future release.\n"
        + "            Install the buildx component to build images with BuildKit:\n            https://docs.docker.com/go/buildx/\n\n";

    /// <summary>The one command that docker does not have.</summary>
    private const string OwnCommand = "  registry    Run a registry\n";

    public static string Apply(string text)
    {
        text = text.Replace(LegacyBuilder, "", StringComparison.Ordinal).Replace(OwnCommand, "", StringComparison.Ordinal);
        text = Age().Replace(text, "AGE");
        text = Pointer().Replace(text, "POINTER");
        return Gap().Replace(text, "  ").Replace(" \n", "\n", StringComparison.Ordinal);
    }

    [GeneratedRegex(@"(\b\d+|About an?|Less than a) (second|minute|hour|day|week|month|year)s?( ago)?")]
    private static partial Regex Age();

    [GeneratedRegex("0xc[0-9a-f]{9}")]
    private static partial Regex Pointer();

    [GeneratedRegex(" {2,}")]
    private static partial Regex Gap();
}
