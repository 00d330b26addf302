using System.Text;
using System.Text.Json;

namespace Gantry.Engine.Daemon;

/// <summary>A list of strings as JSON text, for attributes of events, which are strings.</summary>
internal static class JsonList
{
    internal static string Write(IReadOnlyList<string> values)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartArray();
            foreach (var value in values)
            {
                writer.WriteStringValue(value);
            }

            writer.WriteEndArray();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }
}
