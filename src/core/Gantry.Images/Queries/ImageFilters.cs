using System.Globalization;
using Gantry.Api;
using Gantry.Dockerfile;
using Gantry.Errors;
using Gantry.Oci;

namespace Gantry.Images.Queries;

/// <summary>The filters of <c>GET /images/json</c> and <c>POST /images/prune</c>.</summary>
internal sealed class ImageFilters
{
    internal static readonly string[] ListNames = ["dangling", "label", "label!", "before", "since", "until", "reference"];
    internal static readonly string[] PruneNames = ["dangling", "label", "label!", "until"];
    private readonly IReadOnlyDictionary<string, IReadOnlyList<string>> _filters;

    /// <exception cref="GantryException">InvalidArgument in Docker's words.</exception>
    internal ImageFilters(IReadOnlyDictionary<string, IReadOnlyList<string>> filters, string[] known)
    {
        _filters = filters;
        foreach (var name in filters.Keys.Where(k => !known.Contains(k)))
        {
            throw GantryException.InvalidArgument($"invalid filter '{name}'");
        }

        Dangling = Flag("dangling");
        Until = Values("until").Select(ParseTime).Cast<DateTimeOffset?>().Min();
    }

    internal bool? Dangling { get; }

    /// <summary>Images made at or after this time are left out.</summary>
    internal DateTimeOffset? Until { get; }

    internal bool HasReferences => Values("reference").Count > 0;

    internal IReadOnlyList<string> Values(string name) => _filters.GetValueOrDefault(name) ?? [];

    internal bool AcceptsLabels(IReadOnlyDictionary<string, string>? labels) =>
        Values("label").All(l => HasLabel(labels, l)) && !Values("label!").Any(l => HasLabel(labels, l));

    /// <summary>Docker's FamiliarMatch: the pattern against the whole name, or against it without tag.</summary>
    internal bool AcceptsName(ImageReference name) =>
        Values("reference").Any(pattern => Glob.IsMatch(pattern, name.Familiar) || Glob.IsMatch(pattern, name.FamiliarName));

    private static bool HasLabel(IReadOnlyDictionary<string, string>? labels, string label)
    {
        var equals = label.IndexOf('=', StringComparison.Ordinal);
        return labels is not null && labels.TryGetValue(equals < 0 ? label : label[..equals], out var value) && (equals < 0 || value == label[(equals + 1)..]);
    }

    /// <summary>Other words beside a clear one are let pass, as by Docker.</summary>
    private bool? Flag(string name)
    {
        var values = Values(name);
        if (values.Count == 0)
        {
            return null;
        }

        var isTrue = values.Any(v => v is "1" or "true" or "True" or "TRUE" or "t" or "T");
        var isFalse = values.Any(v => v is "0" or "false" or "False" or "FALSE" or "f" or "F");
        return isTrue != isFalse ? isTrue : throw GantryException.InvalidArgument($"invalid filter '{name}=[{string.Join(' ', values)}]'");
    }

    /// <summary>A Go duration before now, Unix seconds, or RFC 3339.</summary>
    private static DateTimeOffset ParseTime(string text)
    {
        if (GoDuration.TryParse(text, out var nanoseconds, out _))
        {
            return DateTimeOffset.UtcNow.AddTicks(-nanoseconds / 100);
        }

        if (decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) && seconds < 100_000_000_000)
        {
            return DateTimeOffset.FromUnixTimeMilliseconds((long)(seconds * 1000));
        }

        return GoTime.TryParse(text, out var time) ? time : throw GantryException.InvalidArgument($"failed to parse value as time or duration: \"{text}\"");
    }
}
