namespace Gantry.Build;

/// <summary>Whose words an image's history and a build's failures are in.</summary>
public enum BuildStyle
{
    Classic,
    BuildKit,
}
