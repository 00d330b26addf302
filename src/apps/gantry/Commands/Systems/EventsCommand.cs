using System.Globalization;
using System.Text.Json;
using Gantry.Apps.Cli.CommandLine;
using Gantry.Apps.Cli.Formatting;
using Gantry.Apps.Cli.Inspecting;
using Gantry.Client.Streams;
using Gantry.Errors;
using Gantry.Terminal.Templates;

namespace Gantry.Apps.Cli.Commands.Systems;

/// <summary>docker events.</summary>
internal sealed class EventsCommand(FlagSet flags) : Command
{
    private const int BadTemplate = 64;

    private readonly FilterFlag _filter = flags.Filter("Filter output based on conditions provided");
    private readonly Flag<string> _format = flags.String("format", FormatHelp.Inspect);
    private readonly Flag<string> _since = flags.String("since", "Show all events created since timestamp");
    private readonly Flag<string> _until = flags.String("until", "Stream events until this timestamp");

    public override async Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var template = ParseFormat();
        CheckFields(template);
        var filters = _filter.Filters;
        using var response = await cli.Client.EventsAsync(
            Timestamps.ToUnix(_since), Timestamps.ToUnix(_until), filters.IsEmpty ? null : filters, cancellationToken);
        await foreach (var document in JsonStream.ReadAsync(response.Body, cancellationToken))
        {
            using (document)
            {
                cli.Out.WriteLine(template is null ? Text(document.RootElement) : Execute(template, document.RootElement));
                cli.Out.Flush();
            }
        }

        return 0;
    }

    private Template? ParseFormat()
    {
        if (_format.Value.Length == 0)
        {
            return null;
        }

        try
        {
            return Template.Parse(_format.Value == "json" ? "{{json .}}" : _format.Value);
        }
        catch (GantryException e)
        {
            throw new CliException($"Error parsing format: {e.Message}", BadTemplate);
        }
    }

    /// <summary>A field that no event has is an error now rather than at the first event.</summary>
    private static void CheckFields(Template? template)
    {
        if (template is not null)
        {
            using var empty = JsonDocument.Parse("{}");
            _ = Execute(template, empty.RootElement);
        }
    }

    private static string Execute(Template template, JsonElement json)
    {
        try
        {
            return template.Execute(GoTypeReader.Read("events.Message", json, isPointer: true));
        }
        catch (GantryException e)
        {
            throw new CliException($"Error parsing format: {e.Message}", BadTemplate);
        }
    }

    private static string Text(JsonElement json)
    {
        var nano = json.TryGetProperty("timeNano", out var value) && value.TryGetInt64(out var number) ? number : 0;
        var actor = json.TryGetProperty("Actor", out var found) ? found : default;
        var attributes = actor.ValueKind == JsonValueKind.Object && actor.TryGetProperty("Attributes", out var all) && all.ValueKind == JsonValueKind.Object
            ? string.Join(", ", all.EnumerateObject().OrderBy(a => a.Name, StringComparer.Ordinal).Select(a => $"{a.Name}={a.Value}"))
            : "";
        var subject = actor.ValueKind == JsonValueKind.Object && actor.TryGetProperty("ID", out var id) ? id.ToString() : "";
        var text = $"{Time(nano)} {Property(json, "Type")} {Property(json, "Action")} {subject}";
        return attributes.Length > 0 ? $"{text} ({attributes})" : text;
    }

    private static string Property(JsonElement json, string name) => json.TryGetProperty(name, out var value) ? value.ToString() : "";

    private static string Time(long nanoseconds)
    {
        var (seconds, rest) = Math.DivRem(nanoseconds, 1_000_000_000);
        var local = DateTimeOffset.FromUnixTimeSeconds(seconds).ToLocalTime();
        var zone = local.Offset == TimeSpan.Zero ? "Z" : local.ToString("zzz", CultureInfo.InvariantCulture);
        return string.Create(CultureInfo.InvariantCulture, $"{local:yyyy-MM-ddTHH:mm:ss}.{rest:000000000}{zone}");
    }
}
