using System.Globalization;
using Gantry.Engine.Filters;
using Gantry.Errors;
using Gantry.Registry.Search;

namespace Gantry.Engine.Transfers;

/// <summary>The filters of a search: <c>stars</c>, <c>is-official</c> and <c>is-automated</c>, which nothing is any more.</summary>
internal sealed class SearchFilter
{
    private readonly int? _stars;
    private readonly bool? _official;

    private SearchFilter(bool takesNothing, bool? official, int? stars)
    {
        TakesNothing = takesNothing;
        _official = official;
        _stars = stars;
    }

    internal bool TakesNothing { get; }

    /// <exception cref="GantryException">InvalidArgument in Docker's words.</exception>
    internal static SearchFilter Parse(FilterSet filters)
    {
        filters.Validate("is-automated", "is-official", "stars");
        var automated = filters.Bool("is-automated", absent: false);
        bool? official = filters.Has("is-official") ? filters.Bool("is-official", absent: false) : null;
        return new SearchFilter(automated, official, filters.Has("stars") ? filters["stars"].Select(Stars).Append(0).Max() : null);
    }

    internal bool Takes(FoundRepository found) => (_official is null || found.IsOfficial == _official) && (_stars is null || found.StarCount >= _stars);

    private static int Stars(string text) => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var stars) ? stars
        : throw GantryException.InvalidArgument($"invalid filter 'stars={text}': strconv.Atoi: parsing \"{text}\": invalid syntax");
}
