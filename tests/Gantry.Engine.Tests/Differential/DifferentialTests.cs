using System.Text.Json.Nodes;

namespace Gantry.Engine.Tests.Differential;

/// <summary>
/// Every scenario of <c>Scripts/</c> is played on our engine and its answers compared with those of a real Docker Engine in <c>Recorded/</c>.
/// <c>GANTRY_RECORD=unix:///path/of/docker.sock</c> records them anew from that engine first.
/// </summary>
[Collection(BaseImageCollection.Name)]
public sealed class DifferentialTests(BaseImage engine)
{
    /// <summary>The recorded engine's API version: asked for at both, so that both answer in its shapes.</summary>
    private const string Version = "/v1.45";

    private static readonly string? s_real = System.Environment.GetEnvironmentVariable("GANTRY_RECORD");

    public static TheoryData<string> Scenarios => [.. RecordedAnswers.Scenarios.Select(s => s.ToString())];

    [Theory]
    [MemberData(nameof(Scenarios))]
    public async Task Answers_as_Docker_does(string name)
    {
        var scenario = RecordedAnswers.Scenarios.Single(s => s.ToString() == name);
        if (s_real is not null)
        {
            await BaseImage.EnsureAsync(s_real["unix://".Length..]);
            RecordedAnswers.Save(scenario, await PlayAsync(s_real["unix://".Length..], scenario, new Normaliser("/var/lib/docker")));
        }

        var expected = RecordedAnswers.Of(scenario);
        var actual = await PlayAsync(engine.Socket, scenario, new Normaliser(engine.DataRoot, "/var/lib/gantry"));

        var steps = scenario.Steps.Where(s => s.Background is null && s.Sleep == 0).ToList();
        Assert.Equal(steps.Count, expected.Count);
        var differences = steps.Zip(expected, actual)
            .SelectMany(s => Comparison.Compare(s.Second, s.Third, s.First).Where(d => !KnownDifferences.Covers(s.First, d)).Select(d => (Step: s.First, Difference: d)))
            .GroupBy(d => d.Difference)
            .Select(g => $"line {string.Join(", ", g.Select(d => d.Step.Line))}: {g.First().Step.Title}\n      {g.Key}");
        Assert.True(!differences.Any(), string.Join('\n', differences));
    }

    private static async Task<JsonArray> PlayAsync(string socket, Scenario scenario, Normaliser normaliser) =>
        new([.. (await new ScriptRunner(socket, Version).RunAsync(scenario)).Select(e => (JsonNode?)Answer.Of(e, normaliser))]);
}
