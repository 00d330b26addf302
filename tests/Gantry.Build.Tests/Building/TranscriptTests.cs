using System.Text.Json;
using System.Text.RegularExpressions;
using Gantry.Build.Tests.Support;
using Gantry.Oci;

namespace Gantry.Build.Tests.Building;

/// <summary>Every recorded case gives the transcript and the image that a real engine's classic builder gave.</summary>
public sealed partial class TranscriptTests
{
    public static TheoryData<string> Cases => new(CaseFile.Names());

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Recorded(string name)
    {
        await using var harness = await Harness.CreateAsync();
        var recorded = new CaseFile(name);
        if (recorded.Base is { } image)
        {
            var (told, built) = await harness.TryBuildAsync(new BuildRequest { ContextTar = Harness.Context(image), Tags = ["gantry-case-base"] });
            Assert.True(built is not null, told);
        }

        var options = recorded.Options();
        var actual = string.Empty;
        ImageConfig? last = null;
        for (var run = 1; run <= int.Parse(options.GetValueOrDefault("runs", "1")); run++)
        {
            var request = Request(options) with { ContextTar = recorded.Context(), NoCache = run == 1 };
            (var transcript, last) = await harness.TryBuildAsync(request);
            actual += $"-- run {run} --\n{transcript}";
        }

        var (expectedText, expectedImage) = Split(recorded.Expected);
        Assert.Equal(Normal(expectedText), Normal(actual));
        if (expectedImage is not null)
        {
            Assert.Equal(Describe(expectedImage), Describe(last!, harness));
        }
    }

    private static BuildRequest Request(Dictionary<string, string> options) => new()
    {
        Tags = [options.GetValueOrDefault("t", "gantry-case")],
        Target = options.GetValueOrDefault("target", string.Empty),
        Dockerfile = options.GetValueOrDefault("dockerfile", "Dockerfile"),
        BuildArguments = Map(options, "buildargs").ToDictionary(p => p.Key, p => (string?)p.Value),
        Labels = Map(options, "labels"),
        Remove = options.GetValueOrDefault("rm", "1") == "1",
        ForceRemove = options.GetValueOrDefault("forcerm") == "1",
        Squash = options.ContainsKey("squash"),
        Steps = new StepSettings
        {
            NetworkMode = options.GetValueOrDefault("networkmode", string.Empty),
            ExtraHosts = options.TryGetValue("extrahosts", out var hosts) ? [hosts] : [],
        },
    };

    private static Dictionary<string, string> Map(Dictionary<string, string> options, string name)
    {
        using var json = JsonDocument.Parse(options.GetValueOrDefault(name, "{}"));
        return json.RootElement.EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetString()!);
    }

    private static (string Text, JsonDocument? Image) Split(string expected)
    {
        var at = expected.IndexOf("-- image --\n", StringComparison.Ordinal);
        return at < 0 ? (expected, null) : (expected[..at], JsonDocument.Parse(expected[(at + 12)..]));
    }

    private static string Normal(string text)
    {
        text = Error().Replace(text, match =>
        {
            using var json = JsonDocument.Parse(match.Groups[1].Value);
            var code = json.RootElement.TryGetProperty("code", out var c) ? $"{c} " : string.Empty;
            return $"error {code}{json.RootElement.GetProperty("message").GetString()}";
        });
        text = Merged().Replace(text, string.Empty);
        text = text.Replace("\u001b[0m\u001b[91m", string.Empty, StringComparison.Ordinal);
        return Hex12().Replace(Hex64().Replace(text, "<hash>"), "<id>");
    }

    /// <summary>The recorded image: what is set in its configuration, its history, its number of layers.</summary>
    private static string Describe(JsonDocument recorded)
    {
        var config = recorded.RootElement.GetProperty("Config").EnumerateObject().Where(p => p.Name != "Hostname").OrderBy(p => p.Name, StringComparer.Ordinal)
            .Select(p => $"{p.Name}: {Compact(p.Value)}");
        var history = recorded.RootElement.GetProperty("History").EnumerateArray().Select(h => Size().Replace(h.GetString()!, string.Empty));
        return Join(
            recorded.RootElement.GetProperty("Author").GetString()!, recorded.RootElement.GetProperty("Layers").GetInt32(), config, history);
    }

    private static string Describe(ImageConfig image, Harness harness)
    {
        using var json = JsonDocument.Parse(JsonSerializer.Serialize(image.Config!, OciJson.Default.ImageRunConfig));
        var config = json.RootElement.EnumerateObject().Where(p => !IsUnset(p.Value)).OrderBy(p => p.Name, StringComparer.Ordinal)
            .Select(p => $"{p.Name}: {Compact(p.Value)}");
        var history = new List<string>();
        var layers = new Queue<Digest>(image.RootFs.DiffIds);
        foreach (var entry in image.History ?? [])
        {
            if (entry.EmptyLayer != true)
            {
                layers.Dequeue();
            }

            if (entry.Comment != "Imported from -")
            {
                history.Insert(0, $"{entry.CreatedBy} | {entry.Comment}");
            }
        }

        Assert.All(ChainId.Of(image.RootFs.DiffIds), chain => Assert.True(harness.Layers.Exists(chain)));
        Assert.Empty(layers);
        return Join(image.Author ?? string.Empty, image.RootFs.DiffIds.Count, config, history);
    }

    private static string Join(string author, int layers, IEnumerable<string> config, IEnumerable<string> history) =>
        Hex64().Replace($"author {author}\nlayers {layers}\n{string.Join('\n', config)}\n{string.Join('\n', history)}\n", "<hash>");

    private static bool IsUnset(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => true,
        JsonValueKind.String => value.GetString() == string.Empty,
        JsonValueKind.Array => value.GetArrayLength() == 0,
        JsonValueKind.Object => !value.EnumerateObject().Any(),
        _ => false,
    };

    private static string Compact(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "{" + string.Join(',', value.EnumerateObject().OrderBy(p => p.Name, StringComparer.Ordinal).Select(p => $"{p.Name}={Compact(p.Value)}")) + "}",
        JsonValueKind.Array => "[" + string.Join(',', value.EnumerateArray().Select(Compact)) + "]",
        JsonValueKind.String => value.GetString()!,
        _ => value.GetRawText(),
    };

    [GeneratedRegex(@"error (\{.*\})$", RegexOptions.Multiline)]
    private static partial Regex Error();

    /// <summary>Sizes are not compared: the base differs, and Docker counts the texts of links.</summary>
    [GeneratedRegex(@" \| \d+$")]
    private static partial Regex Size();

    [GeneratedRegex(@"/var/lib/docker/overlay2/<hash>/merged")]
    private static partial Regex Merged();

    [GeneratedRegex(@"\b[0-9a-f]{64}\b")]
    private static partial Regex Hex64();

    [GeneratedRegex(@"\b[0-9a-f]{12}\b")]
    private static partial Regex Hex12();
}
