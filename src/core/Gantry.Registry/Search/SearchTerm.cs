using Gantry.Errors;
using Gantry.Oci;

namespace Gantry.Registry.Search;

/// <summary>What is searched for and in whose index: <c>TERM</c> means Docker Hub's, <c>HOST/TERM</c> that registry's.</summary>
internal readonly record struct SearchTerm(string Index, string Text)
{
    internal bool IsHub => Index == ImageReference.DefaultDomain;

    /// <exception cref="GantryException">InvalidArgument in Docker's words.</exception>
    internal static SearchTerm Parse(string term)
    {
        if (term.Contains("://", StringComparison.Ordinal))
        {
            throw GantryException.InvalidArgument($"invalid repository name: repository name ({term}) should not have a scheme");
        }

        var slash = term.IndexOf('/', StringComparison.Ordinal);
        var first = slash < 0 ? string.Empty : term[..slash];
        if (!first.Contains('.', StringComparison.Ordinal) && !first.Contains(':', StringComparison.Ordinal) && first != "localhost")
        {
            return OfHub(term);
        }

        return first is ImageReference.DefaultDomain or RegistryOptions.DefaultIndexHost ? OfHub(term[(slash + 1)..])
            : first.StartsWith('-') || first.EndsWith('-') ? throw GantryException.InvalidArgument($"invalid index name ({first}). Cannot begin or end with a hyphen")
            : new SearchTerm(first, term[(slash + 1)..]);
    }

    private static SearchTerm OfHub(string text) =>
        new(ImageReference.DefaultDomain, text.StartsWith("library/", StringComparison.Ordinal) ? text["library/".Length..] : text);
}
