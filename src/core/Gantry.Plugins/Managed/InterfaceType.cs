using System.Text.Json;
using System.Text.Json.Serialization;

namespace Gantry.Plugins.Managed;

/// <summary>What a plugin is a driver of, as <c>PREFIX.CAPABILITY/VERSION</c>: <c>docker.volumedriver/1.0</c>.</summary>
[JsonConverter(typeof(InterfaceTypeConverter))]
public sealed record InterfaceType(string Prefix, string Capability, string Version)
{
    private const string DockersPrefix = "docker";

    /// <summary>The engine knows what to do with it by <see cref="Capability"/>.</summary>
    public bool IsDockers => Prefix == DockersPrefix;

    public override string ToString() => $"{Prefix}.{Capability}/{Version}";

    /// <summary>The last point before the first slash divides prefix and capability; what lacks them is taken as Docker takes it.</summary>
    public static InterfaceType Parse(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var name = slash < 0 ? text : text[..slash];
        var point = Math.Max(0, name.LastIndexOf('.'));
        return new InterfaceType(name[..point], name.Length == 0 ? "" : name[(point + 1)..], slash < 0 ? "" : text[(slash + 1)..]);
    }
}

/// <summary>As text.</summary>
public sealed class InterfaceTypeConverter : JsonConverter<InterfaceType>
{
    public override InterfaceType Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType == JsonTokenType.String
        ? InterfaceType.Parse(reader.GetString()!)
        : throw new JsonException("not a plugin interface type");

    public override void Write(Utf8JsonWriter writer, InterfaceType value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
}
