using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gantry.Engine.Tests.Wire;

namespace Gantry.Engine.Tests.Differential;

/// <summary>What of a response is compared, as JSON: status, the headers that clients look at, the body by its kind.</summary>
internal static class Answer
{
    private static readonly string[] s_headers =
        ["Content-Type", "Docker-Experimental", "Ostype", "Cache-Control", "Pragma", "Builder-Version", "Swarm", "Connection", "Upgrade", "Location", "X-Content-Type-Options"];

    internal static JsonObject Of(Exchange exchange, Normaliser normaliser)
    {
        var response = exchange.Response;
        var headers = new JsonObject();
        foreach (var name in s_headers.Where(response.Headers.ContainsKey))
        {
            headers[name] = response.Headers[name];
        }

        foreach (var name in new[] { "Server", "Api-Version" }.Where(response.Headers.ContainsKey))
        {
            headers[name] = "<present>";
        }

        if (response.Headers.TryGetValue("X-Docker-Container-Path-Stat", out var stat))
        {
            headers["X-Docker-Container-Path-Stat"] = normaliser.Apply(JsonNode.Parse(Convert.FromBase64String(stat)));
        }

        var answer = new JsonObject { ["step"] = exchange.Step.Title, ["status"] = response.Status, ["headers"] = headers, ["body"] = Body(response, normaliser) };
        if (response.Framing is Framing.None or Framing.Close)
        {
            answer["framing"] = response.Framing.ToString();
        }

        if (!response.IsWhole)
        {
            answer["cut"] = true;
        }

        return answer;
    }

    private static JsonNode? Body(WireResponse response, Normaliser normaliser)
    {
        var type = response.Header("Content-Type");
        var body = response.Body;
        return body.Length == 0 ? null
            : type.StartsWith("application/json", StringComparison.Ordinal) ? normaliser.Apply(Json(body))
            : type is "application/x-tar" or "application/octet-stream" && body.Length >= 1024 ? TarListing.Of(body, normaliser)
            : IsFrames(body) ? Frames(body, normaliser)
            : normaliser.Text(response.Text);
    }

    /// <summary>A value, or the list of values of a stream.</summary>
    private static JsonNode? Json(byte[] body)
    {
        var values = new List<JsonNode?>();
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { AllowMultipleValues = true });
        try
        {
            while (reader.Read())
            {
                values.Add(JsonNode.Parse(ref reader));
            }
        }
        catch (JsonException)
        {
            return "not JSON: " + Encoding.UTF8.GetString(body);
        }

        return values.Count == 1 ? values[0] : new JsonObject { ["stream"] = new JsonArray([.. values]) };
    }

    private static bool IsFrames(byte[] body) => body.Length >= 8 && body[0] is 1 or 2 && body is [_, 0, 0, 0, ..];

    /// <summary>Stdout and stderr as they follow each other; neighbours of one stream are one, since writes may be split anywhere.</summary>
    private static JsonArray Frames(byte[] body, Normaliser normaliser)
    {
        var parts = new List<(byte Stream, StringBuilder Text)>();
        for (var at = 0; at + 8 <= body.Length;)
        {
            var length = System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(body.AsSpan(at + 4));
            if (parts.Count == 0 || parts[^1].Stream != body[at])
            {
                parts.Add((body[at], new StringBuilder()));
            }

            parts[^1].Text.Append(Encoding.UTF8.GetString(body, at + 8, Math.Min(length, body.Length - at - 8)));
            at += 8 + length;
        }

        return new JsonArray([.. parts.Select(p => (JsonNode?)$"{p.Stream}: {normaliser.Text(p.Text.ToString())}")]);
    }
}
