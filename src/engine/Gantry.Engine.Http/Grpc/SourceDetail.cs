using System.Buffers;
using System.Text.Json;
using Gantry.Build;
using Gantry.BuildKit;

namespace Gantry.Engine.Http.Grpc;

/// <summary>BuildKit's errdefs.Source: the lines of a Dockerfile that a failure is about, which clients print.</summary>
internal static class SourceDetail
{
    private const string Type = "github.com/moby/buildkit/errdefs.Source+json";

    internal static RpcDetail Of(FailureSource source)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteStartObject("info");
            json.WriteString("filename", source.FileName);
            json.WriteBase64String("data", source.Text.Span);
            json.WriteString("language", "Dockerfile");
            json.WriteEndObject();
            json.WriteStartArray("ranges");
            json.WriteStartObject();
            WritePosition(json, "start", source.Range.Start);
            WritePosition(json, "end", source.Range.End);
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return new RpcDetail(Type, buffer.WrittenMemory);
    }

    private static void WritePosition(Utf8JsonWriter json, string name, int line)
    {
        json.WriteStartObject(name);
        json.WriteNumber("line", line);
        json.WriteEndObject();
    }
}
