using System.Globalization;
using Gantry.Errors;
using Microsoft.AspNetCore.Http;

namespace Gantry.Engine.Http.Routing;

/// <summary>Query parameters, read as Docker's server reads them.</summary>
internal sealed class QueryValues(IQueryCollection query)
{
    /// <summary>The first value, or empty.</summary>
    internal string this[string name] => query.TryGetValue(name, out var values) && values.Count > 0 ? values[0] ?? string.Empty : string.Empty;

    internal bool Has(string name) => query.ContainsKey(name);

    /// <summary>All values of a repeated parameter.</summary>
    internal IReadOnlyList<string> All(string name) => query.TryGetValue(name, out var values) ? values.OfType<string>().ToArray() : [];

    /// <summary>Everything but empty, 0, no, false and none is true.</summary>
    internal bool Bool(string name) => ToBool(this[name]);

    /// <summary>As <see cref="Bool(string)"/>, with a value for an absent parameter.</summary>
    internal bool Bool(string name, bool absent) => Has(name) ? Bool(name) : absent;

    /// <exception cref="GantryException">InvalidArgument in Go's words.</exception>
    internal int? Int(string name)
    {
        var text = this[name];
        return text.Length == 0 ? null
            : int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value
            : throw GantryException.InvalidArgument($"strconv.Atoi: parsing \"{text}\": invalid syntax");
    }

    internal static bool ToBool(string text) => text.Trim().ToLowerInvariant() is not ("" or "0" or "no" or "false" or "none");
}
