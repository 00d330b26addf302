using Gantry.Apps.Cli.Engine;
using Gantry.Apps.Cli.Output;
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
            code = IsBrokenPipe(e) ? BrokenPipe : Report(e.Message, 1);
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
        if (globals.Help.Value)
        {
            error.Write(arguments.Contains("-h") ? "Flag shorthand -h has been deprecated, use --help\n" : "");
            output.Write(HelpText.Root(root, globalFlags, TerminalInfo.Width(TerminalInfo.StandardInput)));
            return 0;
        }

        globals.Check();
        if (words.Count == 0)
        {
            return globals.Version.Value ? PrintVersion() : PrintRootHelp(root, globalFlags);
        }

        using var cli = new Cli(program, globals, output, error);
        return words[0] == "help" ? Help(root, globalFlags, words) : await DispatchAsync(cli, root, words, cancellationToken);
    }

    private async Task<int> DispatchAsync(Cli cli, CommandPath path, List<string> words, CancellationToken cancellationToken)
    {
        var next = 0;
        while (path.Entry.Children is { } children)
        {
            if (next == words.Count || words[next].StartsWith('-'))
            {
                return GroupHelp(path, words.GetRange(next, words.Count - next));
            }

            path = Array.Find(children(), c => c.Matches(words[next])) is { } found ? path.Child(found) : throw Unknown(path, words[next]);
            next++;
        }

        if (path.Entry.Create is not { } create)
        {
            throw new CliException($"{program}: '{path}' is not implemented yet\n\nRun '{program} --help' for more information", 1);
        }

        var flags = new FlagSet();
        var command = create(flags);
        var rest = words.GetRange(next, words.Count - next);
        var parsed = ParseFlags(path, flags, path.Entry.PassesFlags && rest is not ["--help" or "-h", ..] ? ["--", .. rest] : rest, path.Entry.Interspersed);
        if (parsed.HelpWanted)
        {
            output.Write((parsed.HelpByShorthand ? "Flag shorthand -h has been deprecated, use --help\n" : "") + Help(path, flags));
            return 0;
        }

        if (path.Entry.Arguments.Complain(path, parsed.Arguments.Count) is { } complaint)
        {
            throw new CliException(complaint, 1);
        }

        cli.Path = path;
        await CheckVersionsAsync(cli, path, flags, cancellationToken);
        return await command.RunAsync(cli, parsed.Arguments, cancellationToken);
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

    private async Task CheckVersionsAsync(Cli cli, CommandPath path, FlagSet flags, CancellationToken cancellationToken)
    {
        if (path.Entry.MinimumVersion is { } wanted && Client.Api.ApiVersion.TryParse(wanted, out var least))
        {
            await cli.Client.RequireAsync(least, $"\"{path}\"", cancellationToken);
        }

        foreach (var flag in flags.All)
        {
            if (flag.Changed && flag.Deprecated is { } reason)
            {
                error.WriteLine($"Flag --{flag.Name} has been deprecated, {reason}");
            }

            if (flag.Changed && Client.Api.ApiVersion.TryParse(flag.MinimumVersion, out var version))
            {
                await cli.Client.RequireAsync(version, $"\"--{flag.Name}\"", cancellationToken);
            }
        }
    }

    private int GroupHelp(CommandPath path, List<string> rest)
    {
        var parsed = ParseFlags(path with { Entry = path.Entry with { Usage = "COMMAND" } }, new FlagSet(), rest, interspersed: false);
        var text = Help(path with { Entry = path.Entry with { Usage = "COMMAND" } }, new FlagSet());
        (parsed.HelpWanted ? output : error).Write(text);
        return 0;
    }

    private int Help(CommandPath root, FlagSet globalFlags, List<string> words)
    {
        if (words.Count == 1)
        {
            output.Write(HelpText.Root(root, globalFlags, TerminalInfo.Width(TerminalInfo.StandardInput)));
            return 0;
        }

        var path = root;
        foreach (var word in words.Skip(1))
        {
            if (path.Entry.Children is null || Array.Find(path.Entry.Children(), c => c.Matches(word) && !c.IsMissing) is not { } found)
            {
                throw new CliException($"unknown help topic: {string.Join(' ', words.Skip(1))}", 1);
            }

            path = path.Child(found);
        }

        var flags = new FlagSet();
        path.Entry.Create?.Invoke(flags);
        path = path.Entry.Children is null ? path : path with { Entry = path.Entry with { Usage = "COMMAND" } };
        output.Write(Help(path, flags));
        return 0;
    }

    private static string Help(CommandPath path, FlagSet flags) => HelpText.For(path, flags, TerminalInfo.Width(TerminalInfo.StandardInput));

    private int PrintRootHelp(CommandPath root, FlagSet flags)
    {
        error.Write(HelpText.Root(root, flags, TerminalInfo.Width(TerminalInfo.StandardInput)));
        return 0;
    }

    private int PrintVersion()
    {
        output.WriteLine(program == ProductInfo.DockerName
            ? $"Docker version {ProductInfo.DockerVersion}, build gantry-{ProductInfo.Version}"
            : $"Gantry version {ProductInfo.Version}, docker CLI {ProductInfo.DockerVersion}");
        return 0;
    }

    private CliException Unknown(CommandPath path, string word)
    {
        var usage = path.Words.Count == 0 ? "" : $"Usage:  {path}\n\n";
        return new CliException($"{program}: unknown command: {path} {word}\n\n{usage}Run '{path} --help' for more information", 1);
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
