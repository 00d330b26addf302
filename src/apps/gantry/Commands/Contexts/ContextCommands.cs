using System.Text.Json;
using Gantry.Apps.Cli.CommandLine;
using Gantry.Apps.Cli.Configuration;
using Gantry.Apps.Cli.Engine;
using Gantry.Apps.Cli.Formatting;
using Gantry.Apps.Cli.Inspecting;
using Gantry.Errors;

namespace Gantry.Apps.Cli.Commands.Contexts;

/// <summary>A line of context ls.</summary>
internal sealed record ContextRow(string Name, string Description, string Host, bool IsCurrent, string Error = "");

/// <summary>docker context ls.</summary>
internal sealed class ListContextsCommand(FlagSet flags) : Command
{
    private const string Table = "table {{.Name}}{{if .Current}} *{{end}}\t{{.Description}}\t{{.DockerEndpoint}}\t{{.Error}}";
    private const int DescriptionWidth = 60;
    private const int ErrorWidth = 45;

    private static readonly Columns<ContextRow> s_columns = new(
        "*formatter.clientContextContext",
        [
            new("Name", "NAME", c => c.Name),
            new("Description", "DESCRIPTION", c => Shorten.Ellipsis(c.Description, DescriptionWidth)),
            new("DockerEndpoint", "DOCKER ENDPOINT", c => c.Host),
            new("Current", null, c => c.IsCurrent),
            new("Error", "ERROR", c => Shorten.Ellipsis(c.Error, ErrorWidth)),
        ]);

    private readonly Flag<string> _format = flags.String("format", FormatHelp.List);
    private readonly Flag<bool> _quiet = flags.Bool("quiet", "Only show context names", 'q');

    public override Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var current = CurrentName(cli);
        var rows = cli.Contexts.List().Select(c => new ContextRow(c.Name, c.Description, c.Host ?? "", c.Name == current)).Append(Default(cli, current));
        var format = _format.Value.Length > 0 && _format.Value != "table" ? _format.Value : _quiet.Value ? "{{.Name}}" : Table;
        RowWriter.Write(cli.Out, format, s_columns, rows.OrderBy(r => r.Name, NaturalOrder.Instance));
        if (Environment.GetEnvironmentVariable("DOCKER_HOST") is { Length: > 0 })
        {
            cli.Error.WriteLine(
                "Warning: DOCKER_HOST environment variable overrides the active context. To use a context, either set the global --context flag, or unset DOCKER_HOST environment variable.");
        }

        return Task.FromResult(0);
    }

    private static string CurrentName(Cli cli)
    {
        try
        {
            return EngineTarget.ContextNameOf(cli);
        }
        catch (GantryException)
        {
            // A context that is gone: the list is what helps to repair that.
            return cli.Config.CurrentContext ?? "";
        }
    }

    private static ContextRow Default(Cli cli, string current)
    {
        var host = Environment.GetEnvironmentVariable("DOCKER_HOST") is { Length: > 0 } given ? given : DefaultHost(cli);
        return new ContextRow(ContextStore.DefaultName, "Current DOCKER_HOST based configuration", host, current == ContextStore.DefaultName);
    }

    internal static string DefaultHost(Cli cli) => cli.Globals.Hosts.Values is [.., var last] ? last : EngineTarget.DefaultHost(cli, tls: false).Text;
}

/// <summary>docker context show.</summary>
internal sealed class ShowContextCommand : Command
{
    public override Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        cli.Out.WriteLine(EngineTarget.ContextNameOf(cli));
        return Task.FromResult(0);
    }
}

/// <summary>docker context use.</summary>
internal sealed class UseContextCommand : Command
{
    public override Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var name = arguments[0];
        if (name.Length == 0)
        {
            throw new CliException("context name cannot be empty", 1);
        }

        if (name != ContextStore.DefaultName)
        {
            cli.Contexts.Get(name);
        }

        cli.Config.CurrentContext = name == ContextStore.DefaultName ? null : name;
        cli.Config.Save();
        cli.Out.WriteLine(name);
        cli.Out.Flush();
        cli.Error.WriteLine($"Current context is now \"{name}\"");
        if (name != ContextStore.DefaultName && Environment.GetEnvironmentVariable("DOCKER_HOST") is { Length: > 0 })
        {
            cli.Error.WriteLine(
                $"Warning: DOCKER_HOST environment variable overrides the active context. To use \"{name}\", either set the global --context flag, or unset DOCKER_HOST environment variable.");
        }

        return Task.FromResult(0);
    }
}

/// <summary>docker context rm.</summary>
internal sealed class RemoveContextsCommand(FlagSet flags) : Command
{
    private readonly Flag<bool> _force = flags.Bool("force", "Force the removal of a context in use", 'f');

    public override Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var current = EngineTarget.ContextNameOf(cli);
        return Each.InTurnAsync(cli, arguments, name =>
        {
            Remove(cli, name, current);
            return Task.CompletedTask;
        });
    }

    private void Remove(Cli cli, string name, string current)
    {
        if (name == ContextStore.DefaultName)
        {
            throw GantryException.InvalidArgument("context \"default\" cannot be removed");
        }

        if (!cli.Contexts.Contains(name) && !_force.Value)
        {
            throw GantryException.NotFound($"context \"{name}\" does not exist");
        }

        if (name == current)
        {
            if (!_force.Value)
            {
                throw GantryException.Conflict($"context \"{name}\" is in use, set -f flag to force remove");
            }

            cli.Config.CurrentContext = null;
            cli.Config.Save();
        }

        cli.Contexts.Remove(name);
    }
}

/// <summary>docker context inspect.</summary>
internal sealed class InspectContextsCommand(FlagSet flags) : Command
{
    private readonly Flag<string> _format = flags.String("format", FormatHelp.Inspect, 'f');

    public override Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var names = arguments.Count > 0 ? arguments : [EngineTarget.ContextNameOf(cli)];
        return Inspector.RunAsync(cli, _format, names, name => Task.FromResult(new Inspected("", Json(cli, name))));
    }

    private static ReadOnlyMemory<byte> Json(Cli cli, string name)
    {
        var isDefault = name == ContextStore.DefaultName;
        var context = isDefault
            ? new DockerContext(name, "", Environment.GetEnvironmentVariable("DOCKER_HOST") is { Length: > 0 } host ? host : ListContextsCommand.DefaultHost(cli), false)
            : cli.Contexts.Get(name);
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            Write(json, cli, context, isDefault);
        }

        return System.Text.Encoding.UTF8.GetBytes(Terminal.Values.GoJson.EscapeHtml(System.Text.Encoding.UTF8.GetString(buffer.ToArray())));
    }

    private static void Write(Utf8JsonWriter json, Cli cli, DockerContext context, bool isDefault)
    {
        json.WriteStartObject();
        json.WriteString("Name", context.Name);
        json.WriteStartObject("Metadata");
        if (context.Description.Length > 0)
        {
            json.WriteString("Description", context.Description);
        }

        json.WriteEndObject();
        json.WriteStartObject("Endpoints");
        json.WriteStartObject("docker");
        json.WriteString("Host", context.Host ?? "");
        json.WriteBoolean("SkipTLSVerify", context.SkipTlsVerify);
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteStartObject("TLSMaterial");
        if (!isDefault && cli.Contexts.TlsFiles(context.Name) is { Count: > 0 } files)
        {
            json.WriteStartArray("docker");
            foreach (var file in files)
            {
                json.WriteStringValue(file);
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
        json.WriteStartObject("Storage");
        json.WriteString("MetadataPath", isDefault ? "<IN MEMORY>" : cli.Contexts.MetaFolder(context.Name));
        json.WriteString("TLSPath", isDefault ? "<IN MEMORY>" : cli.Contexts.TlsFolder(context.Name));
        json.WriteEndObject();
        json.WriteEndObject();
    }
}

/// <summary>docker context create and docker context update.</summary>
internal sealed class SaveContextCommand : Command
{
    private readonly bool _update;
    private readonly Flag<string> _description;
    private readonly ListFlag<KeyValuePair<string, string>> _docker;
    private readonly Flag<string>? _from;

    public SaveContextCommand(FlagSet flags, bool update)
    {
        _update = update;
        _description = flags.String("description", "Description of the context");
        _docker = flags.Add(new ListFlag<KeyValuePair<string, string>>("docker", '\0', "stringToString", "set the docker endpoint", (list, text) => list.AddRange(Csv.Parse(text).Select(Pair))) { Default = "[]" });
        _from = update ? null : flags.String("from", "create context from a named context");
    }

    public override Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var name = arguments[0];
        ContextStore.CheckName(name);
        if (!_update && cli.Contexts.Contains(name))
        {
            throw new CliException($"context \"{name}\" already exists", 1);
        }

        var old = _update ? cli.Contexts.Get(name) : null;
        var (context, tls) = Build(cli, name, old);
        cli.Contexts.Save(context, tls.ToDictionary(f => f.Key, f => File.ReadAllBytes(f.Value), StringComparer.Ordinal));
        cli.Out.WriteLine(name);
        cli.Out.Flush();
        cli.Error.WriteLine(_update ? $"Successfully updated context \"{name}\"" : $"Successfully created context \"{name}\"");
        return Task.FromResult(0);
    }

    private (DockerContext Context, Dictionary<string, string> Tls) Build(Cli cli, string name, DockerContext? old)
    {
        var tls = new Dictionary<string, string>(StringComparer.Ordinal);
        var source = _from is { Value.Length: > 0 } ? Source(cli, _from.Value, tls) : old;
        var (host, skip) = (source?.Host, source?.SkipTlsVerify ?? false);
        foreach (var (key, value) in _docker.Values)
        {
            switch (key)
            {
                case "from":
                    var endpoint = Source(cli, value, tls);
                    (host, skip) = (endpoint.Host, endpoint.SkipTlsVerify);
                    break;
                case "host":
                    host = IsAddress(value)
                        ? value
                        : throw new CliException($"unable to create docker endpoint config: unable to apply docker endpoint options: unable to parse docker host `{value}`", 1);
                    break;
                case "ca" or "cert" or "key":
                    tls[key + ".pem"] = File.Exists(value) ? value : throw new CliException($"unable to create docker endpoint config: open {value}: no such file or directory", 1);
                    break;
                case "skip-tls-verify":
                    skip = SkipVerify(value);
                    break;
                default:
                    throw new CliException($"unable to create docker endpoint config: unrecognized config key: {key}", 1);
            }
        }

        if (host is null && !_update)
        {
            throw new CliException("docker endpoint configuration is required", 1);
        }

        return (new DockerContext(name, _description.Changed ? _description.Value : source?.Description ?? "", host, skip), tls);
    }

    private static bool IsAddress(string host) => host.IndexOf("://", StringComparison.Ordinal) is var mark && mark >= 0 && mark + 3 < host.Length;

    private static bool SkipVerify(string value)
    {
        try
        {
            return FlagValues.Boolean(value);
        }
        catch (GantryException e)
        {
            var reason = e.Message[(e.Message.IndexOf(": ", StringComparison.Ordinal) + 2)..];
            throw new CliException($"unable to create docker endpoint config: skip-tls-verify: {reason}", 1);
        }
    }

    private static DockerContext Source(Cli cli, string name, Dictionary<string, string> tls)
    {
        if (name == ContextStore.DefaultName)
        {
            return new DockerContext(name, "", Environment.GetEnvironmentVariable("DOCKER_HOST") is { Length: > 0 } host ? host : ListContextsCommand.DefaultHost(cli), false);
        }

        var context = cli.Contexts.Get(name);
        foreach (var file in cli.Contexts.TlsFiles(name))
        {
            tls[file] = Path.Combine(cli.Contexts.TlsFolder(name), "docker", file);
        }

        return context;
    }

    private static KeyValuePair<string, string> Pair(string text) =>
        text.Contains('=', StringComparison.Ordinal) ? FlagValues.Pair(text) : throw GantryException.InvalidArgument($"{text} must be formatted as key=value");
}
