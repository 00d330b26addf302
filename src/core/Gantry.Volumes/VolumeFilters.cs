using Gantry.Errors;

namespace Gantry.Volumes;

/// <summary>The filters of <c>GET /volumes</c> and <c>POST /volumes/prune</c>.</summary>
internal sealed class VolumeFilters
{
    private static readonly string[] s_list = ["dangling", "driver", "label", "name"];
    private static readonly string[] s_prune = ["label", "label!", "all"];
    private readonly IReadOnlyDictionary<string, IReadOnlyList<string>> _filters;

    private VolumeFilters(IReadOnlyDictionary<string, IReadOnlyList<string>> filters, string[] known)
    {
        _filters = filters;
        foreach (var name in filters.Keys.Where(k => !known.Contains(k)))
        {
            throw GantryException.InvalidArgument($"invalid filter '{name}'");
        }
    }

    internal static VolumeFilters ForList(IReadOnlyDictionary<string, IReadOnlyList<string>> filters)
    {
        var result = new VolumeFilters(filters, s_list);
        _ = result.Flag("dangling");
        return result;
    }

    internal static VolumeFilters ForPrune(IReadOnlyDictionary<string, IReadOnlyList<string>> filters) => new(filters, s_prune);

    /// <summary>The value of a filter that is a single boolean; null when it isn't given.</summary>
    internal bool? Flag(string name)
    {
        if (!_filters.TryGetValue(name, out var values) || values.Count == 0)
        {
            return null;
        }

        return values.Distinct().ToList() switch
        {
            ["1" or "true"] => true,
            ["0" or "false"] => false,
            [var other] when name == "all" => throw GantryException.InvalidArgument($"invalid filter '{name}': strconv.ParseBool: parsing \"{other}\": invalid syntax"),
            _ => throw GantryException.InvalidArgument($"invalid filter '{name}=[{string.Join(' ', values)}]'"),
        };
    }

    internal bool Accepts(VolumeRecord volume, Func<bool> dangling) =>
        (Flag("dangling") is not { } wanted || wanted == dangling())
        && Any("driver", v => v == volume.Driver)
        && Any("name", v => volume.Name.Contains(v, StringComparison.Ordinal))
        && All("label", v => HasLabel(volume, v))
        && All("label!", v => !HasLabel(volume, v));

    private static bool HasLabel(VolumeRecord volume, string label)
    {
        var (name, value) = label.Split('=', 2) is [var n, var v] ? (n, v) : (label, null);
        return volume.Labels is not null && volume.Labels.TryGetValue(name, out var actual) && (value is null || value == actual);
    }

    private bool Any(string name, Func<string, bool> matches) =>
        !_filters.TryGetValue(name, out var values) || values.Count == 0 || values.Any(matches);

    private bool All(string name, Func<string, bool> matches) => !_filters.TryGetValue(name, out var values) || values.All(matches);
}
