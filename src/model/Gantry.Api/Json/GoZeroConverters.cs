using System.Text.Json;
using System.Text.Json.Serialization;

namespace Gantry.Api;

/// <summary>
/// For properties that a Go server always writes: a value that was never set comes out as Go's zero value. Reading takes null as not set.
/// </summary>
public static class GoZeroConverters
{
    public sealed class String : JsonConverter<string?>
    {
        public override bool HandleNull => true;

        public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => DirectJson.ReadString(ref reader);

        public override void Write(Utf8JsonWriter writer, string? value, JsonSerializerOptions options) => writer.WriteStringValue(value ?? string.Empty);
    }

    public sealed class Bool : JsonConverter<bool?>
    {
        public override bool HandleNull => true;

        public override bool? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => DirectJson.ReadBoolean(ref reader);

        public override void Write(Utf8JsonWriter writer, bool? value, JsonSerializerOptions options) => writer.WriteBooleanValue(value ?? false);
    }

    public sealed class Long : JsonConverter<long?>
    {
        public override bool HandleNull => true;

        public override long? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => DirectJson.ReadInt64(ref reader);

        public override void Write(Utf8JsonWriter writer, long? value, JsonSerializerOptions options) => writer.WriteNumberValue(value ?? 0);
    }

    public sealed class Ulong : JsonConverter<ulong?>
    {
        public override bool HandleNull => true;

        public override ulong? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => DirectJson.ReadUInt64(ref reader);

        public override void Write(Utf8JsonWriter writer, ulong? value, JsonSerializerOptions options) => writer.WriteNumberValue(value ?? 0);
    }

    public sealed class Int : JsonConverter<int?>
    {
        public override bool HandleNull => true;

        public override int? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => DirectJson.ReadInt32(ref reader);

        public override void Write(Utf8JsonWriter writer, int? value, JsonSerializerOptions options) => writer.WriteNumberValue(value ?? 0);
    }

    public sealed class Uint : JsonConverter<uint?>
    {
        public override bool HandleNull => true;

        public override uint? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => DirectJson.ReadUInt32(ref reader);

        public override void Write(Utf8JsonWriter writer, uint? value, JsonSerializerOptions options) => writer.WriteNumberValue(value ?? 0);
    }

    public sealed class Double : JsonConverter<double?>
    {
        public override bool HandleNull => true;

        public override double? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => DirectJson.ReadDouble(ref reader);

        public override void Write(Utf8JsonWriter writer, double? value, JsonSerializerOptions options) => writer.WriteNumberValue(value ?? 0);
    }
}
