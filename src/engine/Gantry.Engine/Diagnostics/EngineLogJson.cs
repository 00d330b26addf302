using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Gantry.Engine.Diagnostics;

/// <summary>An event of the engine's log as dockerd's JSON format has it: one object a line, keys in order.</summary>
internal static class EngineLogJson
{
    private static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    internal static string Line(DateTimeOffset at, string level, string message, ReadOnlySpan<(string Key, object? Value)> fields)
    {
        var all = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in fields)
        {
            all[key] = Convert.ToString(value, CultureInfo.InvariantCulture) ?? string.Empty;
        }

        all["level"] = level;
        all["msg"] = message;
        all["time"] = at.ToString("yyyy-MM-ddTHH:mm:ss.fffffffzzz", CultureInfo.InvariantCulture);
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, s_options))
        {
            writer.WriteStartObject();
            foreach (var (key, value) in all)
            {
                writer.WriteString(key, value);
            }

            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }
}
