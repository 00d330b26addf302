using System.Text.Json;
using Gantry.Dockerfile;
using Gantry.Dockerfile.Shell;
using Gantry.Oci;

namespace Gantry.Build.Frontend;

internal sealed partial class StageBuilder
{
    private static readonly JsonElement s_empty = JsonDocument.Parse("{}").RootElement.Clone();

    /// <summary>Changes the configuration and returns the step's remark in the history, as the classic builder words it.</summary>
    private string Apply(Instruction instruction, BuildStep step) => instruction switch
    {
        ArgInstruction arg => Declare(arg),
        CmdInstruction cmd => SetCommand(cmd),
        EntrypointInstruction entrypoint => SetEntrypoint(entrypoint),
        EnvInstruction env => SetEnvironment(env),
        HealthCheckInstruction check => SetHealthCheck(check, step),
        LabelInstruction label => SetLabels(label),
        MaintainerInstruction maintainer => SetAuthor(maintainer),
        OnBuildInstruction onBuild => AddTrigger(onBuild),
        ShellInstruction shell => SetShell(shell),
        StopSignalInstruction signal => SetStopSignal(signal),
        UserInstruction user => SetUser(user),
        VolumeInstruction volume => AddVolumes(volume),
        _ => throw Invalid($"unsupported command type: {instruction.GetType().Name}"),
    };

    private string Declare(ArgInstruction instruction)
    {
        var known = new List<KeyValue>();
        foreach (var argument in instruction.Arguments)
        {
            _arguments.Declare(argument.Key, argument.Value);
            known.Add(_arguments.Known(argument));
            _draft.Variables?.Declare(known[^1]);
        }

        return Style.Arguments(instruction.Arguments, known);
    }

    private string SetCommand(CmdInstruction instruction)
    {
        var command = Resolve(instruction.Command);
        _draft.Config = _draft.Config with { Cmd = command.Count == 0 ? null : command, ArgsEscaped = Style.IsBuildKit ? true : _draft.Config.ArgsEscaped };
        _draft.HasOwnCommand |= instruction.Command.Words.Count > 0;
        return "CMD " + GoText.Quote(command);
    }

    private string SetEntrypoint(EntrypointInstruction instruction)
    {
        var command = instruction.Command.Words.Count == 0 && !Style.IsBuildKit ? [] : Resolve(instruction.Command);
        _draft.Config = _draft.Config with { Entrypoint = command.Count == 0 ? null : command, Cmd = _draft.HasOwnCommand ? _draft.Config.Cmd : null };
        return "ENTRYPOINT " + GoText.Quote(command);
    }

    /// <summary>argv. To BuildKit no words at all are an empty line for the shell.</summary>
    private IReadOnlyList<string> Resolve(CommandLine command) =>
        Style.IsBuildKit && command is { IsShell: true, Words.Count: 0 } ? [.. _draft.Shell, string.Empty] : command.Resolve(_draft.Shell);

    private string SetEnvironment(EnvInstruction instruction)
    {
        var environment = _draft.Environment.ToList();
        foreach (var variable in instruction.Variables)
        {
            if (variable.Key.Length == 0)
            {
                throw Invalid($"invalid environment variable: {variable}");
            }

            _draft.Variables?.Set(variable.Key, variable.Value ?? string.Empty);
            var at = environment.FindIndex(e => e.Split('=', 2)[0] == variable.Key);
            if (at >= 0)
            {
                environment[at] = variable.ToString();
            }
            else
            {
                environment.Add(variable.ToString());
            }
        }

        _draft.Config = _draft.Config with { Env = environment };
        return "ENV " + string.Join(' ', instruction.Variables);
    }

    /// <summary>What the new check leaves open comes from the check before, as when a container is made from an image.</summary>
    private string SetHealthCheck(HealthCheckInstruction check, BuildStep step)
    {
        var before = _draft.Config.Healthcheck;
        if (before?.Test is { Count: > 0 } test && test[0] != "NONE")
        {
            Progress.Note(step, $"Note: overriding previous HEALTHCHECK: {GoText.Plain(test)}");
        }

        _draft.Config = _draft.Config with
        {
            Healthcheck = new HealthConfig
            {
                Test = check.Test,
                Interval = OrBefore(check.Interval, before?.Interval),
                Timeout = OrBefore(check.Timeout, before?.Timeout),
                StartPeriod = OrBefore(check.StartPeriod, before?.StartPeriod),
                StartInterval = OrBefore(check.StartInterval, before?.StartInterval),
                Retries = check.Retries != 0 ? check.Retries : before?.Retries,
            },
        };
        return Style.HealthCheck(check);
    }

    private static long? OrBefore(long value, long? before) => value != 0 ? value : before;

    private string SetLabels(LabelInstruction instruction)
    {
        var labels = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in _draft.Config.Labels ?? new Dictionary<string, string>())
        {
            labels[key] = value;
        }

        foreach (var label in instruction.Labels)
        {
            labels[label.Key] = label.Value ?? string.Empty;
        }

        _draft.Config = _draft.Config with { Labels = labels };
        return "LABEL " + string.Join(' ', instruction.Labels);
    }

    private string SetAuthor(MaintainerInstruction instruction)
    {
        _draft.Author = instruction.Name;
        return "MAINTAINER " + instruction.Name;
    }

    private string AddTrigger(OnBuildInstruction instruction)
    {
        _draft.Config = _draft.Config with { OnBuild = [.. _draft.Config.OnBuild ?? [], instruction.Trigger] };
        return "ONBUILD " + instruction.Trigger;
    }

    private string SetShell(ShellInstruction instruction)
    {
        _draft.Config = _draft.Config with { Shell = instruction.Shell };
        return "SHELL " + GoText.Plain(instruction.Shell);
    }

    private string SetStopSignal(StopSignalInstruction instruction)
    {
        StopSignals.Check(instruction.Signal);
        _draft.Config = _draft.Config with { StopSignal = instruction.Signal };
        return "STOPSIGNAL " + instruction.Signal;
    }

    private string SetUser(UserInstruction instruction)
    {
        _draft.Config = _draft.Config with { User = instruction.User };
        return "USER " + instruction.User;
    }

    private string AddVolumes(VolumeInstruction instruction)
    {
        if (instruction.Volumes.Contains(string.Empty))
        {
            throw Invalid("VOLUME specified can not be an empty string");
        }

        _draft.Config = _draft.Config with { Volumes = With(_draft.Config.Volumes, instruction.Volumes) };
        return "VOLUME " + GoText.Plain(instruction.Volumes);
    }

    private string Expose(ExposeInstruction instruction, WordExpander words)
    {
        var ports = instruction.Ports.SelectMany(words.Words).ToList();
        var parsed = ports.SelectMany(p => Frontend.ExposedPorts.Parse(p, Style.IsBuildKit)).ToList();
        _draft.Config = _draft.Config with { ExposedPorts = With(_draft.Config.ExposedPorts, parsed) };
        return Style.Expose(ports, parsed);
    }

    private static SortedDictionary<string, JsonElement> With(IReadOnlyDictionary<string, JsonElement>? set, IEnumerable<string> keys)
    {
        var more = new SortedDictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var key in (set?.Keys ?? []).Concat(keys))
        {
            more[key] = s_empty;
        }

        return more;
    }
}
