using System.Text.Json;

namespace Gantry.Api;

/// <summary>The value <c>{}</c> of Go's <c>map[string]struct{}</c> (ExposedPorts, Volumes).</summary>
public sealed record EmptyObject
{
    public static EmptyObject Instance { get; } = new();

    /// <summary>Reads an object and forgets what is in it.</summary>
    public static EmptyObject? ReadFrom(ref Utf8JsonReader reader)
    {
        if (!DirectJson.StartObject(ref reader))
        {
            return null;
        }

        reader.Skip();
        return Instance;
    }

    public void WriteTo(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteEndObject();
    }
}
