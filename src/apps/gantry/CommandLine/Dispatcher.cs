using Gantry.Apps.Cli.Completing;
using Gantry.Apps.Cli.Engine;
using Gantry.Apps.Cli.Output;
using Gantry.Apps.Cli.Plugins;
using Gantry.Errors;
using Gantry.Terminal.Tty;

namespace Gantry.Apps.Cli.CommandLine;

/// <summary>Finds the command, reads its flags, runs it, and turns failures into texts and exit codes.</summary>
internal sealed class Dispatcher(string program, TextOutput output, TextOutput error)
{
    private const int FlagError = 125;
    private const int BrokenPipe = 128 + 13;

    private static readonly CommandEntry s_root = new("", "[OPTIONS] COMMAND [ARG...]", "") { Children = CommandTable.Root };

    public async Task<int> RunAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        int code;
        try
        {
            code = await DispatchAsync(arguments, cancellationToken);
        }
        catch (CliException e)
        {
            code = Report(e.Message, e.ExitCode);
        }
        catch (GantryException e)
        {
            code = Report(e.Message, 1);
        }
        catch (OperationCanceledException)
        {
            code = 130;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or System.Net.Sockets.SocketException)
        {
            code = IsBrokenPipe(e) ? BrokenPipe : Report(e is System.Net.Sockets.SocketException ? e.Message : Running.FileErrors.Describe(e), 1);
        }

        return FlushAll(code);
    }

    private async Task<int> DispatchAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var root = new CommandPath(program, [], s_root);
        var globalFlags = new FlagSet();
        var globals = new GlobalFlags(globalFlags);
        var parsed = ParseFlags(root, globalFlags, arguments, interspersed: false);
        var words = parsed.Arguments;
        using var cli = new Cli(program, globals, output, error);
        if (globals.Help.Value)
        {
            error.Write(arguments.Contains("-h") ? "Flag shorthand -h has been deprecated, use --help\n" : "");
            output.Write(await RootHelpAsync(cli, root, globalFlags, cancellationToken));
            return 0;
        }

        globals.Check();
        if (words.Count == 0)
        {
            if (globals.Version.Value)
            {
                return PrintVersion();
            }

            error.Write(await RootHelpAsync(cli, root, globalFlags, cancellationToken));
            return 0;
        }

        if (words[0] is Completer.Verb or Completer.VerbWithoutDescriptions)
        {
            return await Completer.RunAsync(cli, root, globalFlags, words.GetRange(1, words.Count - 1), words[0] == Completer.Verb, cancellationToken);
        }

        if (Aliases.Resolve(cli.Config, CommandTable.Root(), arguments, words) is { } aliased)
        {
            PluginEntries.TryBecome(cli, aliased.Plugin.Name, aliased.Arguments);
        }

        return words[0] == "help" && (words.Count < 2 || words[1] != "--help")
            ? await HelpAsync(cli, root, globalFlags, words, cancellationToken)
            : await DispatchAsync(cli, root, globalFlags, words, arguments, cancellationToken);
    }

    private async Task<int> DispatchAsync(
        Cli cli, CommandPath path, FlagSet globalFlags, List<string> words, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var root = path;
        var next = 0;
        while (path.Entry.Children is { } children)
        {
            if (next == words.Count || words[next].StartsWith('-'))
            {
                return await GroupHelpAsync(cli, path, words.GetRange(next, words.Count - next), cancellationToken);
            }

            if (Array.Find(children(), c => c.Matches(words[next])) is not { } found)
            {
                return await UnknownAsync(cli, path, globalFlags, words.GetRange(next, words.Count - next), arguments, cancellationToken);
            }

            path = path.Child(found);
            next++;
        }

        if (path.Entry.Create is not { } create)
        {
            throw new CliException($"{program}: '{path}' is not implemented yet\n\nRun '{root} --help' for more information", 1);
        }

        var flags = new FlagSet();
        var command = create(flags);
        var rest = words.GetRange(next, words.Count - next);
        var parsed = ParseFlags(path, flags, path.Entry.PassesFlags ? ["--", .. rest] : rest, path.Entry.Interspersed);
        if (parsed.HelpWanted)
        {
            output.Write((parsed.HelpByShorthand ? "Flag shorthand -h has been deprecated, use --help\n" : "") + await HelpAsync(cli, path, flags, cancellationToken));
            return 0;
        }

        if (path.Entry.Arguments.Complain(path, parsed.Arguments.Count) is { } complaint)
        {
            throw new CliException(complaint, 1);
        }

        cli.Path = path;
        await CheckSupportAsync(cli, path, flags, cancellationToken);
        try
        {
            return await command.RunAsync(cli, parsed.Arguments, cancellationToken);
        }
        catch (HelpWantedException)
        {
            output.Write(await HelpAsync(cli, path, flags, cancellationToken));
            return 0;
        }
    }

    private static FlagParser ParseFlags(CommandPath path, FlagSet flags, IReadOnlyList<string> words, bool interspersed)
    {
        try
        {
            return FlagParser.Parse(flags, words, interspersed);
        }
        catch (GantryException e) when (e.Kind == ErrorKind.InvalidArgument)
        {
            throw new CliException($"{e.Message}\n\nUsage:  {path.UseLine}\n\nRun '{path} --help' for more information", FlagError);
        }
    }

    /// <summary>Refuses what the engine does not have.</summary>
    private async Task CheckSupportAsync(Cli cli, CommandPath path, FlagSet flags, CancellationToken cancellationToken)
    {
        foreach (var flag in flags.All.Where(f => f.Changed && f.Deprecated is not null))
        {
            output.WriteLine($"Flag --{flag.Name} has been deprecated, {flag.Deprecated}");
        }

        var gated = flags.All.Where(f => f.Changed && (f.MinimumVersion is not null || f.EngineSystem is not null || f.NeedsExperimental)).ToList();
        if (gated.Count == 0 && path.Entry is { MinimumVersion: null, NeedsExperimental: false })
        {
            return;
        }

        var features = await EngineFeatures.AskOrGuessAsync(cli, cancellationToken);
        if (features.Complain(path.Entry, path.ToString()) is { } complaint)
        {
            throw new CliException(complaint, 1);
        }

        var complaints = gated.Select(f => features.Complain(f, $"\"--{f.Name}\"")).OfType<string>().ToList();
        if (complaints.Count > 0)
        {
            throw new CliException(string.Join('\n', complaints), 1);
        }
    }

    private async Task<int> GroupHelpAsync(Cli cli, CommandPath path, List<string> rest, CancellationToken cancellationToken)
    {
        var parsed = ParseFlags(path, new FlagSet(), rest, interspersed: false);
        var text = await HelpAsync(cli, path, new FlagSet(), cancellationToken);
        (parsed.HelpWanted ? output : error).Write((parsed.HelpByShorthand ? "Flag shorthand -h has been deprecated, use --help\n" : "") + text);
        return 0;
    }

    /// <summary>A word that is no command: a plugin, help that was asked for all the same, or an error.</summary>
    private async Task<int> UnknownAsync(
        Cli cli, CommandPath path, FlagSet globalFlags, List<string> rest, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var isRoot = path.Words.Count == 0;
        if (isRoot)
        {
            PluginEntries.TryBecome(cli, rest[0], arguments);
        }

        if (rest.TakeWhile(w => w != "--").Contains("--help"))
        {
            output.Write(isRoot ? await RootHelpAsync(cli, path, globalFlags, cancellationToken) : await HelpAsync(cli, path, new FlagSet(), cancellationToken));
            return 0;
        }

        var usage = isRoot ? "" : $"Usage:  {path}\n\n";
        throw new CliException($"{program}: unknown command: {path} {rest[0]}\n\n{usage}Run '{path} --help' for more information", 1);
    }

    private async Task<int> HelpAsync(Cli cli, CommandPath root, FlagSet globalFlags, List<string> words, CancellationToken cancellationToken)
    {
        if (words.Count == 1)
        {
            output.Write(await RootHelpAsync(cli, root, globalFlags, cancellationToken));
            return 0;
        }

        var path = root;
        for (var i = 1; i < words.Count; i++)
        {
            if (path.Entry.Children is null || Array.Find(path.Entry.Children(), c => c.Matches(words[i]) && !c.IsMissing) is not { } found)
            {
                PluginEntries.TryBecome(cli, words[1], [.. words.Skip(1), "--help"]);
                throw new CliException($"unknown help topic: {string.Join(' ', words.Skip(i))}", 1);
            }

            path = path.Child(found);
        }

        var flags = new FlagSet();
        path.Entry.Create?.Invoke(flags);
        output.Write(await HelpAsync(cli, path, flags, cancellationToken));
        return 0;
    }

    /// <summary>A command's help; of one that the engine does not have, why.</summary>
    private static async Task<string> HelpAsync(Cli cli, CommandPath path, FlagSet flags, CancellationToken cancellationToken)
    {
        var features = await EngineFeatures.AskOrGuessAsync(cli, cancellationToken);
        var shown = path.Entry.Children is null ? path : path with { Entry = path.Entry with { Usage = "COMMAND" } };
        return features.Complain(path.Entry, path.ToString()) is { } complaint
            ? throw new CliException(complaint, 0)
            : new HelpText(features, TerminalInfo.Width(TerminalInfo.StandardInput)).For(shown, flags);
    }

    private static async Task<string> RootHelpAsync(Cli cli, CommandPath root, FlagSet globalFlags, CancellationToken cancellationToken)
    {
        var features = await EngineFeatures.AskOrGuessAsync(cli, cancellationToken);
        var plugins = await PluginEntries.ForHelpAsync(cli, CommandTable.Root(), cancellationToken);
        return new HelpText(features, TerminalInfo.Width(TerminalInfo.StandardInput)).Root(root, globalFlags, plugins);
    }

    private int PrintVersion()
    {
        output.WriteLine(program == ProductInfo.DockerName
            ? $"Docker version {ProductInfo.DockerVersion}, build gantry-{ProductInfo.Version}"
            : $"Gantry version {ProductInfo.Version}, docker CLI {ProductInfo.DockerVersion}");
        return 0;
    }

    private int Report(string message, int code)
    {
        if (message.Length > 0)
        {
            try
            {
                output.Flush();
            }
            catch (IOException e) when (IsBrokenPipe(e))
            {
                return BrokenPipe;
            }

            error.WriteLine(message);
        }

        return code;
    }

    private int FlushAll(int code)
    {
        try
        {
            output.Flush();
            error.Flush();
            return code;
        }
        catch (IOException e) when (IsBrokenPipe(e))
        {
            return BrokenPipe;
        }
        catch (IOException)
        {
            // Nobody to tell: the stream that would carry the message is the one that failed.
            return code == 0 ? 1 : code;
        }
    }

    private static bool IsBrokenPipe(Exception e) => e is Linux.LinuxException { Errno: Linux.Errno.EPIPE };
}
