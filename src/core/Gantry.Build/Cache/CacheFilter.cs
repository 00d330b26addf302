using System.Globalization;
using Gantry.Dockerfile;
using Gantry.Errors;

namespace Gantry.Build;

/// <summary>The filters of <c>POST /build/prune</c>: until, id, parent, type, description, inuse, shared, private.</summary>
public sealed class CacheFilter
{
    private static readonly HashSet<string> s_names = ["until", "unused-for", "id", "parent", "type", "description", "inuse", "shared", "private"];
    private readonly IReadOnlyDictionary<string, IReadOnlyList<string>> _filters;
    private readonly DateTimeOffset? _before;

    private CacheFilter(IReadOnlyDictionary<string, IReadOnlyList<string>> filters, DateTimeOffset? before)
    {
        _filters = filters;
        _before = before;
    }

    public static CacheFilter None { get; } = new(new Dictionary<string, IReadOnlyList<string>>(), null);

    /// <param name="now">What durations in <c>until</c> count from.</param>
    /// <exception cref="GantryException">InvalidArgument, in Docker's words.</exception>
    public static CacheFilter Parse(IReadOnlyDictionary<string, IReadOnlyList<string>> filters, DateTimeOffset now)
    {
        if (filters.Keys.FirstOrDefault(k => !s_names.Contains(k)) is { } unknown)
        {
            throw GantryException.InvalidArgument($"invalid filter '{unknown}'");
        }

        return AgeOf(filters) is { } until ? new CacheFilter(filters, Time(until, now)) : new CacheFilter(filters, null);
    }

    /// <summary>Names that a record's age goes by.</summary>
    public static bool IsAge(string name) => name is "until" or "unused-for";

    /// <summary>How long records have to be unused by these filters; zero when they don't say.</summary>
    /// <exception cref="GantryException">InvalidArgument, in Docker's words.</exception>
    public static TimeSpan Age(IReadOnlyDictionary<string, IReadOnlyList<string>> filters, DateTimeOffset now) =>
        AgeOf(filters) is { } until ? now - Time(until, now) : TimeSpan.Zero;

    private static string? AgeOf(IReadOnlyDictionary<string, IReadOnlyList<string>> filters)
    {
        var ages = filters.Where(f => IsAge(f.Key) && f.Value.Count > 0).ToList();
        return ages switch
        {
            [] => null,
            [{ Value: [var one] }] => one,
            [_, _, ..] => throw GantryException.InvalidArgument("conflicting filters: \"until\" and \"unused-for\""),
            _ => throw GantryException.InvalidArgument("filters expect only one value"),
        };
    }

    public bool Matches(CacheRecord record) => (_before is null || record.LastUsed <= _before)
        && Any("id", id => record.Id.StartsWith(id, StringComparison.Ordinal))
        && Any("parent", record.Parents.Contains)
        && Any("type", type => record.Type == type)
        && Any("description", text => record.Description == text)
        && Is("inuse", record.InUse) && Is("shared", record.Shared) && Is("private", !record.Shared);

    private bool Any(string name, Func<string, bool> matches) => !_filters.TryGetValue(name, out var values) || values.Count == 0 || values.Any(matches);

    private bool Is(string name, bool value) => Any(name, text => text is "" or "1" or "true" ? value : !value);

    private static DateTimeOffset Time(string text, DateTimeOffset now) =>
        GoDuration.TryParse(text, out var nanoseconds, out _) ? now.AddTicks(-nanoseconds / 100)
        : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var seconds)
            && seconds is >= -62_135_596_800 and <= 253_402_300_799 ? DateTimeOffset.FromUnixTimeSeconds(seconds)
        : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time
        : throw GantryException.InvalidArgument($"failed to parse value as time or duration: {GoText.Quote(text)}");
}
