using System.Text.Json;
using Gantry.Api;
using Gantry.Dockerfile;
using Gantry.Dockerfile.Shell;
using Gantry.Errors;
using Gantry.Oci;

namespace Gantry.Engine.Images;

/// <summary>The Dockerfile instructions of <c>--change</c>, for commit and import.</summary>
internal static class ImageChanges
{
    private static readonly JsonElement s_empty = JsonDocument.Parse("{}").RootElement.Clone();
    private const string ParsePrefix = ParsedDockerfile.FailurePrefix;
    private static readonly IReadOnlyList<string> s_shell = ["/bin/sh", "-c"];

    /// <exception cref="GantryException">InvalidArgument in Docker's words.</exception>
    internal static ImageRunConfig Apply(ImageRunConfig config, IReadOnlyList<string> changes)
    {
        // As in a build, an entrypoint takes away the command that was there before, but not one that was set beside it.
        var commandIsNew = false;
        var given = changes.Where(c => c.Trim().Length > 0).ToList();
        if (changes.Count > 0 && given.Count == 0)
        {
            throw GantryException.InvalidArgument("file with no instructions");
        }

        foreach (var instruction in given.Select(Parse).ToList())
        {
            config = Apply(config, Expand(instruction, Words(config)));
            commandIsNew |= instruction is CmdInstruction && config.Cmd is { Count: > 0 };
            if (instruction is EntrypointInstruction && !commandIsNew)
            {
                config = config with { Cmd = null };
            }
        }

        return config;
    }

    /// <summary>Variables stand for what the configuration has so far, as in a build.</summary>
    private static WordExpander Words(ImageRunConfig config) => new('\\', new ShellEnvironment(config.Env ?? []));

    private static Instruction Expand(Instruction instruction, WordExpander words) => instruction switch
    {
        IExpandable expandable => expandable.Expand(words),
        ExposeInstruction expose => expose with { Ports = [.. expose.Ports.SelectMany(words.Words)] },
        _ => instruction,
    };

    private static readonly string[] s_accepted =
        ["CMD", "ENTRYPOINT", "ENV", "EXPOSE", "HEALTHCHECK", "LABEL", "ONBUILD", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR"];

    private static Instruction Parse(string change)
    {
        var word = change.Trim().Split(' ', '\t')[0].ToUpperInvariant();
        if (!s_accepted.Contains(word))
        {
            throw GantryException.InvalidArgument($"{word} is not a valid change command");
        }

        try
        {
            return ParsedDockerfile.ParseTrigger(change);
        }
        catch (GantryException e) when (e.Message.StartsWith(ParsePrefix, StringComparison.Ordinal))
        {
            throw GantryException.InvalidArgument(e.Message[ParsePrefix.Length..], e);
        }
    }

    /// <summary>A container's configuration as an image's; the container's own name and streams are left out.</summary>
    internal static ImageRunConfig FromContainer(ContainerConfig config) => new()
    {
        User = config.User,
        ExposedPorts = config.ExposedPorts?.Keys.ToDictionary(k => k, _ => s_empty),
        Env = config.Env,
        Cmd = config.Cmd,
        Volumes = config.Volumes?.Keys.ToDictionary(k => k, _ => s_empty),
        WorkingDir = config.WorkingDir,
        Entrypoint = config.Entrypoint,
        OnBuild = config.OnBuild,
        Labels = config.Labels,
        StopSignal = config.StopSignal,
        StopTimeout = (int?)config.StopTimeout,
        Shell = config.Shell,
        Healthcheck = config.Healthcheck is not { } health ? null : new HealthConfig
        {
            Test = health.Test,
            Interval = health.Interval,
            Timeout = health.Timeout,
            StartPeriod = health.StartPeriod,
            StartInterval = health.StartInterval,
            Retries = (int?)health.Retries,
        },
    };

    private static ImageRunConfig Apply(ImageRunConfig config, Instruction instruction) => instruction switch
    {
        CmdInstruction cmd => config with { Cmd = cmd.Command.Resolve(config.Shell ?? s_shell) },
        EntrypointInstruction entry => config with { Entrypoint = entry.Command.Resolve(config.Shell ?? s_shell) },
        EnvInstruction env => config with { Env = env.Variables.Aggregate(config.Env ?? [], SetVariable) },
        ExposeInstruction expose => config with { ExposedPorts = Union(config.ExposedPorts, expose.Ports.Select(Port)) },
        LabelInstruction label => config with { Labels = SetLabels(config.Labels, label.Labels) },
        OnBuildInstruction trigger => config with { OnBuild = [.. config.OnBuild ?? [], trigger.Trigger] },
        StopSignalInstruction signal => config with
        {
            StopSignal = Containers.Signals.TryParse(signal.Signal) is null ? throw GantryException.InvalidArgument($"invalid signal: {signal.Signal}") : signal.Signal,
        },
        UserInstruction user => config with { User = user.User },
        VolumeInstruction volume => config with { Volumes = Union(config.Volumes, volume.Volumes) },
        WorkdirInstruction work => config with { WorkingDir = Path.GetFullPath(Path.Combine("/", config.WorkingDir ?? "/", work.Path)) },
        HealthCheckInstruction health => config with
        {
            Healthcheck = new HealthConfig
            {
                Test = health.Test,
                Interval = health.Interval,
                Timeout = health.Timeout,
                StartPeriod = health.StartPeriod,
                StartInterval = health.StartInterval,
                Retries = health.Retries,
            },
        },
        _ => throw GantryException.InvalidArgument($"{instruction.Source.Split(' ')[0].ToUpperInvariant()} is not a valid change command"),
    };

    /// <exception cref="GantryException">InvalidArgument in Docker's words.</exception>
    private static string Port(string spec)
    {
        var port = spec.Split('/')[0];
        return port.Split('-').All(p => ushort.TryParse(p, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out _))
            ? port == spec ? spec + "/tcp" : spec
            : throw GantryException.InvalidArgument($"Invalid containerPort: {port}");
    }

    private static List<string> SetVariable(IReadOnlyList<string> environment, KeyValue variable) =>
        environment.Any(e => e.Split('=', 2)[0] == variable.Key)
            ? [.. environment.Select(e => e.Split('=', 2)[0] == variable.Key ? variable.ToString() : e)]
            : [.. environment, variable.ToString()];

    private static Dictionary<string, JsonElement> Union(IReadOnlyDictionary<string, JsonElement>? own, IEnumerable<string> more)
    {
        var all = new Dictionary<string, JsonElement>(own ?? new Dictionary<string, JsonElement>());
        foreach (var key in more)
        {
            all[key] = s_empty;
        }

        return all;
    }

    private static Dictionary<string, string> SetLabels(IReadOnlyDictionary<string, string>? own, IReadOnlyList<KeyValue> labels)
    {
        var all = new Dictionary<string, string>(own ?? new Dictionary<string, string>());
        foreach (var label in labels)
        {
            all[label.Key] = label.Value ?? string.Empty;
        }

        return all;
    }
}
