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

    /// <exception cref="GantryException">Internal, as Docker has it, in Go's words.</exception>
    internal int? Int(string name)
    {
        var text = this[name];
        return text.Length == 0 ? null
            : int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value
            : throw GantryException.Internal($"strconv.Atoi: parsing \"{text}\": invalid syntax");
    }

    /// <summary>Go's strconv.ParseBool, for the few parameters that Docker reads with it; false when absent.</summary>
    /// <exception cref="GantryException">InvalidArgument in Docker's words.</exception>
    internal bool StrictBool(string name) => this[name] switch
    {
        "" or "0" or "f" or "F" or "false" or "False" or "FALSE" => false,
        "1" or "t" or "T" or "true" or "True" or "TRUE" => true,
        var other => throw GantryException.InvalidArgument($"invalid value for {name}: {other}: strconv.ParseBool: parsing \"{other}\": invalid syntax"),
    };

    internal static bool ToBool(string text) => text.Trim().ToLowerInvariant() is not ("" or "0" or "no" or "false" or "none");
}
