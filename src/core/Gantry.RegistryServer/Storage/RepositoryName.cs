using System.Diagnostics.CodeAnalysis;

namespace Gantry.RegistryServer.Storage;

/// <summary>
/// A repository's name as the distribution specification has it ("Pulling manifests", &lt;name&gt;). Components start and end with a lower-case
/// letter or digit, so a name is always safe as a relative path and never meets the store's own entries, which start with an underscore.
/// </summary>
internal sealed record RepositoryName
{
    private const int MaxLength = 255;

    private RepositoryName(string value) => Value = value;

    internal string Value { get; }

    internal static bool TryParse(string text, [NotNullWhen(true)] out RepositoryName? name)
    {
        name = text.Length is > 0 and <= MaxLength && text.Split('/').All(IsComponent) ? new RepositoryName(text) : null;
        return name is not null;
    }

    public override string ToString() => Value;

    /// <summary>Alphanumerics joined by one dot, one or two underscores, or dashes.</summary>
    private static bool IsComponent(string component)
    {
        var separators = 0;
        var previous = '\0';
        foreach (var c in component)
        {
            if (char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c))
            {
                separators = 0;
            }
            else if (c is not ('.' or '_' or '-') || previous == '\0' || (separators > 0 && (c != previous || c == '.' || (c == '_' && separators > 1))))
            {
                return false;
            }
            else
            {
                separators++;
            }

            previous = c;
        }

        return component.Length > 0 && separators == 0;
    }
}
