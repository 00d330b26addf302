using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gantry.EndToEnd.Tests.Engine;

namespace Gantry.Engine.Tests.Differential;

/// <summary>The real engine's answers to a script's scenarios, in the repository.</summary>
internal static class RecordedAnswers
{
    internal static readonly JsonSerializerOptions Format = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly JsonSerializerOptions s_file = new(Format) { WriteIndented = true, IndentSize = 1 };

    internal static string Folder { get; } = Path.Combine(Repository.Root, "tests", "Gantry.Engine.Tests");

    internal static IReadOnlyList<Scenario> Scenarios { get; } =
        [.. Directory.EnumerateFiles(Path.Combine(Folder, "Scripts"), "*.txt").Order(StringComparer.Ordinal).SelectMany(ScriptReader.Read)];

    internal static JsonArray Of(Scenario scenario) =>
        Load(scenario.File)[scenario.Name] as JsonArray ?? throw new InvalidDataException($"{scenario} was never recorded: see DifferentialTests");

    internal static void Save(Scenario scenario, JsonArray answers)
    {
        var file = Load(scenario.File);
        file[scenario.Name] = answers;
        var names = Scenarios.Where(s => s.File == scenario.File).Select(s => s.Name).ToList();
        var ordered = new JsonObject(names.Where(file.ContainsKey).Select(n => KeyValuePair.Create(n, file[n]?.DeepClone())));
        File.WriteAllText(PathOf(scenario.File), ordered.ToJsonString(s_file) + "\n");
    }

    private static JsonObject Load(string script) => File.Exists(PathOf(script)) ? JsonNode.Parse(File.ReadAllText(PathOf(script)))!.AsObject() : [];

    private static string PathOf(string script) => Path.Combine(Folder, "Recorded", script + ".json");
}
