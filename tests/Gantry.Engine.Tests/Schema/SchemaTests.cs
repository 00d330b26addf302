using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gantry.Engine.Tests.Differential;
using Gantry.Engine.Tests.Wire;

namespace Gantry.Engine.Tests.Schema;

/// <summary>Plays all scripts at the newest version and holds every answer, good and bad, against the specification.</summary>
[Collection(BaseImageCollection.Name)]
public sealed class SchemaTests(BaseImage engine)
{
    private const string Version = "/v1.51";

    /// <summary>Tags of what only a swarm's manager answers.</summary>
    private static readonly string[] s_swarm = ["Swarm", "Node", "Service", "Task", "Secret", "Config"];

    private readonly Specification _specification = Specification.Load();

    [Fact]
    public async Task Every_answer_is_as_specified_and_every_operation_was_asked()
    {
        var validator = new SchemaValidator(_specification);
        var failures = new List<string>();
        var succeeded = new HashSet<Operation>();
        foreach (var scenario in RecordedAnswers.Scenarios)
        {
            foreach (var exchange in await new ScriptRunner(engine.Socket, Version).RunAsync(scenario))
            {
                if (exchange.Response.Status != 301 && Find(exchange) is { } operation)
                {
                    var found = Validate(validator, operation, exchange.Response);
                    failures.AddRange(found.Select(f => $"{operation} {exchange.Response.Status} body{f}"));
                    succeeded.UnionWith(exchange.Response.Status < 400 ? [operation] : []);
                }
            }
        }

        var accepted = Read("SpecificationExceptions.txt");
        var left = failures.Distinct().Where(f => !accepted.Any(a => f.StartsWith(a, StringComparison.Ordinal))).Order(StringComparer.Ordinal).ToList();
        Assert.True(left.Count == 0, string.Join('\n', left));
        var missing = _specification.Operations.Where(o => !succeeded.Contains(o) && !o.Tags.Any(s_swarm.Contains)).Select(o => o.ToString()).Except(Read("NotExercised.txt")).ToList();
        Assert.True(missing.Count == 0, "no successful answer was seen of: " + string.Join(", ", missing));
    }

    [Fact]
    public void Lists_of_exceptions_name_what_exists()
    {
        var operations = _specification.Operations.Select(o => o.ToString()).ToHashSet();

        Assert.Subset(operations, Read("NotExercised.txt").ToHashSet());
    }

    private Operation? Find(Exchange exchange)
    {
        var target = exchange.Request.Target.Split('?')[0];
        return target.StartsWith(Version + "/", StringComparison.Ordinal) ? _specification.Find(exchange.Request.Method, target[Version.Length..]) : null;
    }

    private IEnumerable<string> Validate(SchemaValidator validator, Operation operation, WireResponse response)
    {
        if (operation.TryGetResponse(response.Status, out var schema) && response.Status < 400)
        {
            return schema is null || response.Body.Length == 0 ? [] : Values(response).SelectMany(v => validator.Validate(v, schema));
        }

        return response.Status < 400 ? [$": status {response.Status} is not documented"]
            : response.Body.Length == 0 || !IsJson(response) ? []
            : Values(response).SelectMany(v => validator.Validate(v, _specification.ErrorResponse));
    }

    /// <summary>The JSON values of a body; none for streams of another kind.</summary>
    private static IEnumerable<JsonNode?> Values(WireResponse response)
    {
        if (!IsJson(response))
        {
            return [];
        }

        var values = new List<JsonNode?>();
        var reader = new Utf8JsonReader(response.Body, new JsonReaderOptions { AllowMultipleValues = true });
        while (reader.Read())
        {
            values.Add(JsonNode.Parse(ref reader));
        }

        return values;
    }

    private static bool IsJson(WireResponse response) => response.Header("Content-Type").StartsWith("application/json", StringComparison.Ordinal);

    /// <summary>The lines of a list, without their reasons.</summary>
    private static List<string> Read(string name) =>
        [.. File.ReadLines(Path.Combine(RecordedAnswers.Folder, "Schema", name), Encoding.UTF8).Where(l => l.Length > 0 && l[0] != '#').Select(l => l.Split(" | ")[0])];
}
