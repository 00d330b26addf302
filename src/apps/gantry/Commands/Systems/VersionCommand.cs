using System.Globalization;
using System.Text;
using System.Text.Json;
using Gantry.Api;
using Gantry.Apps.Cli.CommandLine;
using Gantry.Apps.Cli.Engine;
using Gantry.Apps.Cli.Formatting;
using Gantry.Apps.Cli.Inspecting;
using Gantry.Client.Api;
using Gantry.Errors;
using Gantry.Terminal.Templates;
using Gantry.Terminal.Values;

namespace Gantry.Apps.Cli.Commands.Systems;

/// <summary>docker version.</summary>
internal sealed class VersionCommand(FlagSet flags) : Command
{
    private const int BadTemplate = 64;
    private const int LabelWidth = 18;

    private readonly Flag<string> _format = flags.String("format", FormatHelp.Inspect, 'f');

    public override async Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var template = ParseFormat();
        SystemVersion? server = null;
        GantryException? failure = null;
        try
        {
            server = await cli.Client.SystemVersionAsync(cancellationToken);
        }
        catch (GantryException e)
        {
            failure = e;
        }

        if (template is not null)
        {
            TemplateOutput.Print(cli, template, Value(cli, server));
        }
        else
        {
            PrintClient(cli);
            PrintServer(cli, server);
        }

        return failure is null ? 0 : throw failure;
    }

    /// <summary>When a component was built, as a date for people: "Fri May 30 12:07:14 2025".</summary>
    private static string BuildTime(string time) => GoTime.TryParse(time, out var parsed)
        ? string.Create(CultureInfo.InvariantCulture, $"{parsed.UtcDateTime:ddd MMM} {parsed.UtcDateTime.Day,2} {parsed.UtcDateTime:HH:mm:ss yyyy}")
        : time;

    private static void ReformatBuildTimes(GoStruct version)
    {
        if (!version.TryGet("Server", [], out var server) || server is not GoStruct found || !found.TryGet("Components", [], out var components) || components is not GoList list)
        {
            return;
        }

        foreach (var component in list.Items.OfType<GoStruct>())
        {
            if (component.TryGet("Details", [], out var value) && value is GoMap details && details.TryGet("BuildTime", out var time) && time is string text)
            {
                details["BuildTime"] = BuildTime(text);
            }
        }
    }

    private Template? ParseFormat()
    {
        if (_format.Value.Length == 0)
        {
            return null;
        }

        try
        {
            return Template.Parse(_format.Value == "json" ? "{{json .}}" : _format.Value, name: "version");
        }
        catch (GantryException e)
        {
            throw new CliException($"template parsing error: {e.Message}", BadTemplate);
        }
    }

    private static GoStruct Value(Cli cli, SystemVersion? server)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteStartObject("Client");
            ClientInfo.WriteTo(json, cli, withApiVersion: true);
            json.WriteEndObject();
            if (server is not null)
            {
                json.WritePropertyName("Server");
                server.WriteTo(json);
            }

            json.WriteEndObject();
        }

        using var document = JsonDocument.Parse(buffer.ToArray());
        var value = GoTypeReader.Read("system.versionInfo", document.RootElement);
        ReformatBuildTimes(value);
        return value;
    }

    private static void PrintClient(Cli cli)
    {
        var version = cli.Client.Version;
        var text = new StringBuilder("Client:\n");
        Line(text, " Version:", ClientInfo.VersionOf(cli));
        Line(text, " API version:", version == ApiVersion.Newest ? version.ToString() : $"{version} (downgraded from {ApiVersion.Newest})");
        Line(text, " Git commit:", ClientInfo.Commit);
        Line(text, " OS/Arch:", $"linux/{ProductInfo.Architecture}");
        Line(text, " Context:", EngineTarget.ContextNameOf(cli));
        cli.Out.Write(text.ToString());
    }

    private static void PrintServer(Cli cli, SystemVersion? server)
    {
        if (server is null)
        {
            return;
        }

        var name = server.Platform?.Name ?? "";
        var text = new StringBuilder(name.Length > 0 ? $"\nServer: {name}\n" : "\nServer:\n");
        foreach (var component in server.Components ?? [])
        {
            text.Append(' ').Append(component.Name).Append(":\n");
            if (component.Name == "Engine")
            {
                Engine(text, component);
            }
            else
            {
                Line(text, "  Version:", component.Version ?? "");
                foreach (var (key, value) in Details(component).OrderBy(d => d.Key, StringComparer.Ordinal))
                {
                    Line(text, $"  {key}:", value);
                }
            }
        }

        cli.Out.Write(text.ToString());
    }

    private static void Engine(StringBuilder text, SystemVersionComponent engine)
    {
        var details = Details(engine);
        Line(text, "  Version:", engine.Version ?? "");
        Line(text, "  API version:", $"{details.GetValueOrDefault("ApiVersion")} (minimum version {details.GetValueOrDefault("MinAPIVersion")})");
        Line(text, "  Go version:", details.GetValueOrDefault("GoVersion") ?? "");
        Line(text, "  Git commit:", details.GetValueOrDefault("GitCommit") ?? "");
        Line(text, "  Built:", BuildTime(details.GetValueOrDefault("BuildTime") ?? ""));
        Line(text, "  OS/Arch:", $"{details.GetValueOrDefault("Os")}/{details.GetValueOrDefault("Arch")}");
        Line(text, "  Experimental:", details.GetValueOrDefault("Experimental") ?? "");
    }

    private static Dictionary<string, string> Details(SystemVersionComponent component) =>
        component.Details is { ValueKind: JsonValueKind.Object } details
            ? details.EnumerateObject().ToDictionary(d => d.Name, d => d.Value.ToString(), StringComparer.Ordinal)
            : [];

    private static void Line(StringBuilder text, string label, string value) => text.Append(label.PadRight(LabelWidth)).Append(' ').Append(' ').Append(value).Append('\n');
}

/// <summary>What version and info say about this program.</summary>
internal static class ClientInfo
{
    public const string Commit = "gantry-" + ProductInfo.Version;

    /// <summary>Called as docker, scripts expect the version of the docker CLI that this one stands for.</summary>
    public static string VersionOf(Cli cli) => cli.Program == ProductInfo.DockerName ? ProductInfo.DockerVersion : ProductInfo.Version;

    /// <summary>Writes the properties of Go's clientVersion.</summary>
    public static void WriteTo(Utf8JsonWriter json, Cli cli, bool withApiVersion)
    {
        json.WriteString("Version", VersionOf(cli));
        if (withApiVersion)
        {
            json.WriteString("ApiVersion", cli.Client.Version.ToString());
        }

        json.WriteString("DefaultAPIVersion", ApiVersion.Newest.ToString());
        json.WriteString("GitCommit", Commit);
        json.WriteString("Os", "linux");
        json.WriteString("Arch", ProductInfo.Architecture);
        json.WriteString("Context", EngineTarget.ContextNameOf(cli));
    }
}
