using System.Formats.Tar;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Gantry.Engine.Tests.Wire;

namespace Gantry.Engine.Tests.Differential;

/// <summary>A step's request as sent and its response as received.</summary>
internal sealed record Exchange(Step Step, WireRequest Request, WireResponse Response);

/// <summary>Plays a scenario on an engine and removes what it made there.</summary>
/// <param name="socket">Path of the engine's socket.</param>
/// <param name="version">Put before paths that name no version, <c>/v1.45</c> for instance.</param>
internal sealed partial class ScriptRunner(string socket, string version)
{
    private readonly Dictionary<string, string> _variables = [];
    private readonly Dictionary<string, (Step Step, WireRequest Request, Task<WireResponse> Response)> _running = [];
    private readonly List<string> _made = [];

    internal async Task<IReadOnlyList<Exchange>> RunAsync(Scenario scenario)
    {
        var exchanges = new List<Exchange>();
        _variables["since"] = Now();
        try
        {
            foreach (var step in scenario.Steps)
            {
                if (step.Sleep > 0)
                {
                    await Task.Delay(TimeSpan.FromSeconds(step.Sleep));
                }
                else if (await PlayAsync(step) is { } exchange)
                {
                    exchanges.Add(exchange);
                }
            }
        }
        finally
        {
            await CleanAsync();
        }

        return exchanges;
    }

    private async Task<Exchange?> PlayAsync(Step step)
    {
        if (step.Join is { } name)
        {
            var (begun, sent, response) = _running[name];
            _running.Remove(name);
            return new Exchange(step with { Method = begun.Method, Target = begun.Target }, sent, await response);
        }

        var request = Request(step);
        if (step.Background is { } background)
        {
            _running[background] = (step, request, WireClient.SendAsync(socket, request));
            await Task.Delay(200);
            return null;
        }

        var answer = await WireClient.SendAsync(socket, request);
        Remember(step, answer);
        return new Exchange(step, request, answer);
    }

    private WireRequest Request(Step step)
    {
        _variables["now"] = Now();
        var target = Fill(step.Target);
        target = step.Target.StartsWith("/v", StringComparison.Ordinal) && VersionPrefix().IsMatch(step.Target) ? target
            : step.Target[0] == '!' ? target[1..]
            : version + target;
        var body = step.Tar is not null ? Tar(step.Tar) : step.Body is null ? null : Encoding.UTF8.GetBytes(Unescape(Fill(step.Body)));
        var headers = step.Headers.Select(h => h.Split(':', 2)).Select(h => KeyValuePair.Create(h[0], Fill(h[1].Trim()))).ToList();
        if (body is not null && step.Tar is null && !headers.Any(h => h.Key.Equals("Content-Type", StringComparison.OrdinalIgnoreCase)))
        {
            headers.Add(KeyValuePair.Create("Content-Type", "application/json"));
        }

        headers.RemoveAll(h => h is { Key: "Content-Type", Value: "" });
        return new WireRequest(step.Method, target) { Headers = headers, Body = body, Input = step.Input is null ? null : Encoding.UTF8.GetBytes(step.Input) };
    }

    private void Remember(Step step, WireResponse answer)
    {
        var json = TryParse(answer);
        foreach (var (name, path) in step.Captures)
        {
            _variables[name] = path.Split('.').Aggregate(json, (node, key) => node is JsonArray list ? list[int.Parse(key, CultureInfo.InvariantCulture)] : node?[key])?.ToString()
                ?? throw new InvalidDataException($"line {step.Line}: no {path} in {answer.Status} {answer.Text}");
        }

        if (answer.Status == 201 && json is JsonObject made)
        {
            var path = step.Target.Split('?')[0];
            _made.Add(path.EndsWith("/containers/create", StringComparison.Ordinal) ? $"/containers/{made["Id"]}?force=1&v=1"
                : path.EndsWith("/networks/create", StringComparison.Ordinal) ? $"/networks/{made["Id"]}"
                : path.EndsWith("/volumes/create", StringComparison.Ordinal) ? $"/volumes/{made["Name"]}?force=1"
                : path.EndsWith("/commit", StringComparison.Ordinal) ? $"/images/{made["Id"]}?force=1"
                : string.Empty);
        }
    }

    private async Task CleanAsync()
    {
        foreach (var (_, _, response) in _running.Values)
        {
            await Task.WhenAny(response, Task.Delay(TimeSpan.FromSeconds(1)));
        }

        // Containers before what they use.
        foreach (var path in _made.Where(m => m.Length > 0).OrderBy(m => m.StartsWith("/containers", StringComparison.Ordinal) ? 0 : 1))
        {
            await WireClient.SendAsync(socket, new WireRequest("DELETE", path));
        }
    }

    private string Fill(string text) => Variable().Replace(text, m => _variables.TryGetValue(m.Groups[1].Value, out var value) ? value : m.Value);

    /// <summary><c>\xff</c> is that byte's character and <c>\r</c>, <c>\n</c> line ends, only in bodies that aren't JSON objects.</summary>
    private static string Unescape(string body) => body is ['~', ..] ? Regex.Unescape(body[1..]) : body;

    private static JsonNode? TryParse(WireResponse answer)
    {
        try
        {
            return answer.Body.Length > 0 && answer.Header("Content-Type").StartsWith("application/json", StringComparison.Ordinal) ? JsonNode.Parse(answer.Body) : null;
        }
        catch (System.Text.Json.JsonException)
        {
            return null;
        }
    }

    private static byte[] Tar(IEnumerable<string> files)
    {
        using var buffer = new MemoryStream();
        using (var writer = new TarWriter(buffer, TarEntryFormat.Ustar, leaveOpen: true))
        {
            foreach (var file in files)
            {
                var (name, content) = file.Split('=', 2) is [var n, var c] ? (n, c) : (file, null);
                var entry = new UstarTarEntry(content is null ? TarEntryType.Directory : TarEntryType.RegularFile, name)
                {
                    ModificationTime = DateTimeOffset.UnixEpoch.AddDays(20_000),
                    Mode = content is null ? (UnixFileMode)0b111_101_101 : (UnixFileMode)0b110_100_100,
                };
                if (content is not null)
                {
                    entry.DataStream = new MemoryStream(Encoding.UTF8.GetBytes(content));
                }

                writer.WriteEntry(entry);
            }
        }

        return buffer.ToArray();
    }

    private static string Now()
    {
        var ticks = (DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).Ticks;
        return string.Create(CultureInfo.InvariantCulture, $"{ticks / 10_000_000}.{ticks % 10_000_000:D7}00");
    }

    [GeneratedRegex(@"\$([a-z]+[0-9]*)")]
    private static partial Regex Variable();

    [GeneratedRegex(@"^/v[0-9]")]
    private static partial Regex VersionPrefix();
}
