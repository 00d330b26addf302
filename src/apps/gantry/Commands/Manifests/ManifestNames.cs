using Gantry.Errors;
using Gantry.Oci;

namespace Gantry.Apps.Cli.Commands.Manifests;

/// <summary>Names on the command lines of docker manifest.</summary>
internal static class ManifestNames
{
    /// <summary>A digest stands for itself, everything else has a tag.</summary>
    public static ImageReference Parse(string text)
    {
        var reference = ImageReference.Parse(text);
        return reference.Digest.IsEmpty ? reference.WithDefaultTag() : reference;
    }

    /// <summary>The same, saying what could not be read.</summary>
    public static ImageReference Parse(string text, string what)
    {
        try
        {
            return Parse(text);
        }
        catch (GantryException e)
        {
            throw new GantryException(e.Kind, $"{what} {text}: {e.Message}", e);
        }
    }
}
