using System.Text.Json;
using Gantry.Api;
using Gantry.Apps.Cli.CommandLine;
using Gantry.Apps.Cli.Engine;
using Gantry.Apps.Cli.Formatting;
using Gantry.Apps.Cli.Inspecting;
using Gantry.Errors;
using Gantry.Terminal.Templates;
using Gantry.Terminal.Values;

namespace Gantry.Apps.Cli.Commands.Systems;

/// <summary>docker info.</summary>
internal sealed class InfoCommand(FlagSet flags) : Command
{
    private const int BadTemplate = 64;

    private readonly Flag<string> _format = flags.String("format", FormatHelp.Inspect, 'f');

    public override async Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var template = ParseFormat();
        ReadOnlyMemory<byte>? server = null;
        GantryException? failure = null;
        try
        {
            server = await cli.Client.SystemInfoRawAsync(cancellationToken);
        }
        catch (GantryException e)
        {
            failure = e;
        }

        if (template is not null)
        {
            TemplateOutput.Print(cli, template, Value(cli, server, failure));
            return 0;
        }

        cli.Out.Write($"Client:\n Version:    {ClientInfo.VersionOf(cli)}\n Context:    {EngineTarget.ContextNameOf(cli)}\n Debug Mode: {(cli.Globals.Debug ? "true" : "false")}\n\nServer:\n");
        if (server is { } bytes)
        {
            ServerInfoText.Print(cli, DirectJson.Parse(bytes.Span, SystemInfo.ReadFrom) ?? throw DirectJson.Null());
        }

        return failure is null ? 0 : throw failure;
    }

    private static GoStruct Value(Cli cli, ReadOnlyMemory<byte>? server, GantryException? failure)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true }))
        {
            json.WriteStartObject();
            if (server is { } bytes)
            {
                using var document = JsonDocument.Parse(bytes);
                foreach (var property in document.RootElement.EnumerateObject())
                {
                    property.WriteTo(json);
                }
            }

            if (failure is not null)
            {
                json.WriteStartArray("ServerErrors");
                json.WriteStringValue(failure.Message);
                json.WriteEndArray();
            }

            json.WriteStartObject("ClientInfo");
            json.WriteBoolean("Debug", cli.Globals.Debug);
            ClientInfo.WriteTo(json, cli, withApiVersion: false);
            json.WriteStartArray("Plugins");
            json.WriteEndArray();
            json.WriteNull("Warnings");
            json.WriteEndObject();
            json.WriteEndObject();
        }

        using var merged = JsonDocument.Parse(buffer.ToArray());
        return GoTypeReader.Read("system.dockerInfo", merged.RootElement);
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
            throw new CliException($"template parsing error: {e.Message}", BadTemplate);
        }
    }
}
