using Gantry.Build.Files;
using Gantry.Build.Steps;
using Gantry.Dockerfile;
using Gantry.Oci;

namespace Gantry.Build.Frontend;

internal sealed partial class StageBuilder
{
    private const string ScriptFolder = "/dev/pipes";

    private async Task RunAsync(RunInstruction instruction, BuildStep step, CancellationToken cancellationToken)
    {
        if (instruction.Network == "host" && _session.Request.Steps.NetworkMode is "none")
        {
            throw Invalid("network mode \"host\" is not allowed when the build runs without a network");
        }

        // What the whole build was put on, its client has asked for.
        _session.Request.Entitlements.Check(instruction.Network == "host" && _session.Request.Steps.NetworkMode != "host", instruction.Security == "insecure");
        var inputs = new List<Digest>();
        var mounts = await MountsAsync(instruction.Mounts, inputs, step, cancellationToken).ConfigureAwait(false);
        var (command, script) = Command(instruction);
        var (environment, more, shown) = Variables();
        var plan = new RunPlan
        {
            Style = Style,
            Command = command.Count > 0 ? command : ImageCommand(),
            CacheCommand = [.. shown, .. command],
            Environment = [.. environment, .. more],
            ImageEnvironment = environment,
            WorkingDirectory = _draft.Config.WorkingDir ?? string.Empty,
            User = _draft.Config.User ?? string.Empty,
            Volumes = Style.IsBuildKit ? [] : [.. (_draft.Config.Volumes?.Keys ?? []).Where(v => v.StartsWith('/')).Order(StringComparer.Ordinal)],
            Network = instruction.Network is "default" ? string.Empty : instruction.Network,
            Privileged = instruction.Security == "insecure",
            Mounts = mounts,
            Script = script,
            ScriptName = script is null ? string.Empty : instruction.Heredocs[0].Name,
            Settings = _session.Request.Steps,
            Failure = code => Style.Failure(command, code),
            TellRemoval = !IsQuietAboutRemoval,
            TellRemovalAfterFailure = _session.Request.ForceRemove,
        };
        var operation = new RunOperation(plan, _session.Maker, _session.Runner, _session.Mounts);
        await BuildAsync(operation, inputs, Style.Run(plan.CacheCommand), step, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>A command's environment, what it has besides without its counting for the cache, and what the history shows of it.</summary>
    private (IReadOnlyList<string> Environment, IReadOnlyList<string> More, IReadOnlyList<string> Shown) Variables()
    {
        if (_draft.Variables is { } variables)
        {
            return (variables.Environment, _arguments.Proxies(), variables.Shown);
        }

        var visible = _arguments.Visible(_draft.Environment);
        return (_draft.Environment, visible, visible.Count == 0 ? [] : [.. ArgumentsShown(visible)]);
    }

    /// <summary>What <c>RUN []</c> runs.</summary>
    private List<string> ImageCommand()
    {
        if (Style.IsBuildKit)
        {
            throw Invalid("failed to marshal LLB definition: arguments are required");
        }

        List<string> command = [.. _draft.Config.Entrypoint ?? [], .. _draft.Config.Cmd ?? []];
        return command.Count > 0 ? command : throw Invalid("no command specified");
    }

    /// <summary><c>|2 A=1 B=2</c>: the build arguments a command saw, before it.</summary>
    private IEnumerable<string> ArgumentsShown(IReadOnlyList<string> visible)
    {
        var shown = visible.Where(v => _arguments.Counts(v.Split('=', 2)[0])).Order(StringComparer.Ordinal).ToList();
        return [$"|{shown.Count}", .. shown];
    }

    /// <summary>
    /// argv; with a heredoc: its content is the command, or, when it says by which program (<c>#!</c>), a script file; several or
    /// with words around them are left to the shell.
    /// </summary>
    private (IReadOnlyList<string> Command, string? Script) Command(RunInstruction instruction)
    {
        if (instruction.Heredocs.Count == 0)
        {
            return (Resolve(instruction.Command), null);
        }

        var line = instruction.Command.Words[0];
        var first = instruction.Heredocs[0];
        if (instruction.Heredocs.Count > 1 || !IsOnlyHeredoc(line))
        {
            var whole = line + string.Concat(instruction.Heredocs.Select(h => $"\n{h.Content}{h.Name}"));
            return ([.. _draft.Shell, whole], null);
        }

        return first.Content.StartsWith("#!", StringComparison.Ordinal)
            ? ([.. _draft.Shell, $"{ScriptFolder}/{first.Name}"], first.Text)
            : ([.. _draft.Shell, first.Text], null);
    }

    private static bool IsOnlyHeredoc(string line) => line.StartsWith("<<", StringComparison.Ordinal) && !line.AsSpan().ContainsAny(" \t");

    private async Task<IReadOnlyList<MountPlan>> MountsAsync(
        IReadOnlyList<RunMount> mounts, List<Digest> inputs, BuildStep step, CancellationToken cancellationToken)
    {
        var plans = new List<MountPlan>();
        foreach (var mount in mounts)
        {
            var target = mount.Target.Length == 0 ? mount.Target : Absolute(mount.Target);
            var resolved = mount with { Target = target, Id = CacheId(mount) };
            var input = -1;
            var folder = _session.Named.Find(mount.From) is { HasFiles: true } named ? await _session.Named.OpenAsync(named, cancellationToken).ConfigureAwait(false) : null;
            if (mount.From.Length > 0 && folder is null)
            {
                inputs.Add(await SourceAsync(mount.From, step, cancellationToken).ConfigureAwait(false));
                input = inputs.Count;
            }

            plans.Add(new MountPlan(resolved, input, await MountKeyAsync(resolved, input, folder, cancellationToken).ConfigureAwait(false), folder));
        }

        return plans;
    }

    private string CacheId(RunMount mount) => mount.Type != RunMountType.Cache || _session.Request.CacheNamespace.Length == 0 ? mount.Id
        : $"{_session.Request.CacheNamespace}/{(mount.Id.Length > 0 ? mount.Id : mount.Target)}";

    /// <summary>What a mount is and, for a part of the context, what is in it. Caches and secrets count by name only.</summary>
    private async Task<string> MountKeyAsync(RunMount mount, int input, ISourceTree? folder, CancellationToken cancellationToken)
    {
        var key = $"{mount.Type} {mount.Id} {mount.From} {input} {mount.Source} {mount.Target} {mount.ReadOnly} {mount.Size} {mount.Mode} {mount.Uid} {mount.Gid}";
        if (mount.Type != RunMountType.Bind || input >= 0)
        {
            return key;
        }

        var context = folder ?? await _session.Context.OpenAsync(cancellationToken).ConfigureAwait(false);
        var file = context?.Find(mount.Source) ?? throw Invalid($"failed to compute cache key: \"{mount.Source}\": not found");
        await context.FetchAsync([file], _ => false, contents: false, cancellationToken).ConfigureAwait(false);
        return $"{key} {new SourceChecksum(context, withOwner: false, _ => false, cancellationToken).Of(file)}";
    }
}
