using Gantry.Apps.Cli.CommandLine;
using Gantry.Apps.Cli.Configuration;
using Gantry.Apps.Cli.Engine;
using Gantry.Apps.Cli.Output;
using Gantry.Client;
using Gantry.Client.Transports;
using Gantry.Errors;
using Gantry.Terminal.Tty;

namespace Gantry.Apps.Cli;

/// <summary>What every command is given: streams, configuration and the engine; each made when first asked for.</summary>
internal sealed class Cli : IDisposable
{
    private readonly GlobalFlags _globals;
    private ConfigFile? _config;
    private EngineClient? _client;

    public Cli(string program, GlobalFlags globals, TextOutput output, TextOutput error)
    {
        Program = program;
        _globals = globals;
        Out = output;
        Error = error;
    }

    /// <summary>"docker" or "gantry": how texts name this program.</summary>
    public string Program { get; }

    public TextOutput Out { get; }

    public TextOutput Error { get; }

    /// <summary>The path of the command that runs, for errors that mention it.</summary>
    public CommandPath Path { get; set; } = null!;

    public GlobalFlags Globals => _globals;

    public ConfigFile Config => _config ??= ConfigFile.Load(_globals.ConfigDirectory, warning => Error.WriteLine(warning));

    public ContextStore Contexts => new(_globals.ConfigDirectory);

    public bool OutIsTerminal => TerminalInfo.IsTerminal(TerminalInfo.StandardOutput);

    public bool InputIsTerminal => TerminalInfo.IsTerminal(TerminalInfo.StandardInput);

    /// <summary>The engine that the flags, the environment or the context name; started where none was named and none answers.</summary>
    public EngineClient Client => _client ??= Connect();

    /// <summary>Where that engine is; nothing is started.</summary>
    public EngineHost EngineHost => Target().Host;

    public void Dispose() => _client?.Dispose();

    /// <summary>As <see cref="Client"/>, but an engine that does not run is not started; the caller disposes it.</summary>
    public EngineClient ConnectWithoutStart()
    {
        var target = Target();
        return new EngineClient(target.ToOptions(this), Transport.For(target.Host, target.Tls));
    }

    private EngineClient Connect()
    {
        var target = Target();
        return new EngineClient(target.ToOptions(this), EngineStarter.Wrap(target));
    }

    private EngineTarget Target()
    {
        try
        {
            return EngineTarget.Resolve(this);
        }
        catch (GantryException e)
        {
            throw new GantryException(e.Kind, $"Failed to initialize: unable to resolve docker endpoint: {e.Message}", e);
        }
    }
}
