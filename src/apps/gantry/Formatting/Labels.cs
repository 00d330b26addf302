namespace Gantry.Apps.Cli.Formatting;

/// <summary>Labels in rows: "a=b,c=d", sorted by name.</summary>
internal static class Labels
{
    public static string Join(IReadOnlyDictionary<string, string>? labels) =>
        labels is null ? "" : string.Join(',', labels.OrderBy(l => l.Key, StringComparer.Ordinal).Select(l => $"{l.Key}={l.Value}"));

    public static string Get(IReadOnlyDictionary<string, string>? labels, string name) => labels?.GetValueOrDefault(name) ?? "";
}
