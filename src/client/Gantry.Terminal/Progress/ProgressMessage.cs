using System.Text.Json;

namespace Gantry.Terminal.Progress;

/// <summary>One message of a progress stream, as the engine's jsonmessage has it. Times are Unix.</summary>
public sealed record ProgressMessage
{
    public string Stream { get; init; } = "";

    public string Status { get; init; } = "";

    public string Id { get; init; } = "";

    public string From { get; init; } = "";

    /// <summary>The old ready-made bar; engines send it beside the figures.</summary>
    public string ProgressText { get; init; } = "";

    public ProgressFigures? Figures { get; init; }

    /// <summary>Null unless the operation failed.</summary>
    public string? Error { get; init; }

    public int ErrorCode { get; init; }

    public long TimeNanoseconds { get; init; }

    public JsonElement? Auxiliary { get; init; }

    public static ProgressMessage FromJson(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            throw Errors.GantryException.DataCorrupt($"invalid progress message: {json.ValueKind}");
        }

        var detail = Property(json, "errorDetail", JsonValueKind.Object);
        return new ProgressMessage
        {
            Stream = Text(json, "stream"),
            Status = Text(json, "status"),
            Id = Text(json, "id"),
            From = Text(json, "from"),
            ProgressText = Text(json, "progress"),
            Figures = Property(json, "progressDetail", JsonValueKind.Object) is { } figures ? ProgressFigures.FromJson(figures) : null,
            Error = detail is { } error ? Text(error, "message") : Property(json, "error", JsonValueKind.String)?.GetString(),
            ErrorCode = detail is { } coded && Property(coded, "code", JsonValueKind.Number) is { } code && code.TryGetInt32(out var number) ? number : 0,
            TimeNanoseconds = Property(json, "timeNano", JsonValueKind.Number) is { } time && time.TryGetInt64(out var nano) ? nano : 0,
            Auxiliary = json.TryGetProperty("aux", out var aux) && aux.ValueKind != JsonValueKind.Null ? aux.Clone() : null,
        };
    }

    internal static JsonElement? Property(JsonElement json, string name, JsonValueKind kind) =>
        json.TryGetProperty(name, out var value) && value.ValueKind == kind ? value : null;

    private static string Text(JsonElement json, string name) => Property(json, name, JsonValueKind.String)?.GetString() ?? "";
}

/// <summary>How far something is. Bytes unless <paramref name="Units"/> says otherwise.</summary>
public sealed record ProgressFigures(long Current, long Total, long Start, bool HideCounts, string Units)
{
    public static ProgressFigures FromJson(JsonElement json) => new(
        Number(json, "current"),
        Number(json, "total"),
        Number(json, "start"),
        json.TryGetProperty("hidecounts", out var hide) && hide.ValueKind == JsonValueKind.True,
        ProgressMessage.Property(json, "units", JsonValueKind.String)?.GetString() ?? "");

    private static long Number(JsonElement json, string name) =>
        ProgressMessage.Property(json, name, JsonValueKind.Number) is { } value && value.TryGetInt64(out var number) ? number : 0;
}
