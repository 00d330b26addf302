using System.Text.Json;
using System.Text.RegularExpressions;

namespace Gantry.Cli.Tests.SideBySide;

/// <summary>Whether two requests mean the same.</summary>
internal static partial class Requests
{
    /// <summary>The same path and the same parameters in any order; parameters that say no are as good as none.</summary>
    public static bool SameTarget(string left, string right) => Normal(left) == Normal(right);

    /// <summary>The same JSON, where what is empty, null, zero or false is as good as missing.</summary>
    public static bool SameBody(string? left, string? right)
    {
        if (left is null || right is null)
        {
            return IsNothing(left) && IsNothing(right);
        }

        using var a = JsonDocument.Parse(Folder().Replace(left, "FOLDER"));
        using var b = JsonDocument.Parse(Folder().Replace(right, "FOLDER"));
        return Same(a.RootElement, b.RootElement);
    }

    /// <summary>A moment that was reckoned from the clock: only that it is one, in the same form, is compared elsewhere.</summary>
    private static bool IsTime(string parameter) => ClockTime().IsMatch(parameter);

    [GeneratedRegex(@"^(since|until)=\d+$")]
    private static partial Regex ClockTime();

    /// <summary>The home of a run.</summary>
    [GeneratedRegex(@"/tmp/cli-\w+")]
    private static partial Regex Folder();

    private static bool IsNothing(string? json) => json is null or "null" or "{}";

    private static string Normal(string target)
    {
        var question = target.IndexOf('?', StringComparison.Ordinal);
        if (question < 0)
        {
            return target;
        }

        var parts = target[(question + 1)..].Split('&').Select(Uri.UnescapeDataString).Select(p => p.Replace('+', ' '))
            .Where(p => !IsTime(p)).Where(p => !p.EndsWith("=0", StringComparison.Ordinal) && !p.EndsWith("=false", StringComparison.Ordinal) && !p.EndsWith('=')).Order(StringComparer.Ordinal);
        return $"{target[..question]}?{string.Join('&', parts)}".TrimEnd('?');
    }

    private static bool Same(JsonElement a, JsonElement b)
    {
        if (IsEmpty(a) && IsEmpty(b))
        {
            return true;
        }

        if (a.ValueKind != b.ValueKind)
        {
            return false;
        }

        return a.ValueKind switch
        {
            JsonValueKind.Object => Names(a).Union(Names(b)).Where(n => !IsDead(a, n)).All(n => Same(Member(a, n), Member(b, n))),
            JsonValueKind.Array => a.GetArrayLength() == b.GetArrayLength() && a.EnumerateArray().Zip(b.EnumerateArray()).All(p => Same(p.First, p.Second)),
            JsonValueKind.Number => a.GetDouble() == b.GetDouble(),
            _ => a.ToString() == b.ToString(),
        };
    }

    /// <summary>What docker still sends though the API does not have it: whether an exec is detached is said when it is started.</summary>
    private static bool IsDead(JsonElement json, string name) => name == "Detach" && json.TryGetProperty("AttachStdin", out _);

    private static IEnumerable<string> Names(JsonElement json) => json.EnumerateObject().Select(p => p.Name);

    private static JsonElement Member(JsonElement json, string name) => json.TryGetProperty(name, out var value) ? value : default;

    private static bool IsEmpty(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Undefined or JsonValueKind.Null or JsonValueKind.False => true,
        JsonValueKind.String => json.GetString()!.Length == 0,
        JsonValueKind.Number => json.GetDouble() == 0,
        JsonValueKind.Array => json.EnumerateArray().All(e => e.ValueKind == JsonValueKind.Number && IsEmpty(e)),
        JsonValueKind.Object => json.EnumerateObject().All(p => IsEmpty(p.Value)),
        _ => false,
    };
}
