using Gantry.Build;
using Gantry.Errors;

namespace Gantry.Engine.Builds;

/// <summary>
/// containerd's filters as BuildKit's clients send them for the cache: <c>id~=abc,inuse==false</c>. Of several filters one has to match; here they come as one.
/// </summary>
internal static class UsageFilters
{
    /// <param name="age">Nanoseconds since the last use that a record has to have at least; 0 for any.</param>
    /// <exception cref="GantryException">InvalidArgument.</exception>
    internal static CacheFilter Parse(IReadOnlyList<string> filters, long age)
    {
        var terms = new Dictionary<string, IReadOnlyList<string>>();
        foreach (var term in filters.SelectMany(f => f.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)))
        {
            var at = term.IndexOfAny(['=', '~', '!']);
            var name = at < 0 ? term : term[..at];
            var operation = at < 0 ? string.Empty : term[at..Math.Min(term.Length, at + 2)];
            var value = at < 0 ? "true" : term[Math.Min(term.Length, at + 2)..].Trim('"');
            if (operation is not ("" or "==" or "~="))
            {
                throw GantryException.InvalidArgument($"failed to parse prune filters {GoQuote(filters)}: {operation} is not available here");
            }

            terms[name] = [.. terms.GetValueOrDefault(name, []), value];
        }

        if (age > 0)
        {
            terms["until"] = [$"{age}ns"];
        }

        return CacheFilter.Parse(terms, DateTimeOffset.UtcNow);
    }

    private static string GoQuote(IReadOnlyList<string> filters) => Dockerfile.GoText.Plain(filters);
}
