using Gantry.Apps.Daemon.Composition;
using Gantry.Apps.Daemon.Flags;
using Gantry.Engine;
using Gantry.Errors;
using Gantry.Linux;
using Gantry.RegistryServer;
using Gantry.Runtime;

namespace Gantry.Apps.Daemon;

/// <summary>gantryd: the engine as a process.</summary>
internal static class Program
{
    private static async Task<int> Main(string[] arguments)
    {
        Signals.RestoreDefault(Signals.SIGINT);
        try
        {
            if (arguments is ["registry", "serve", .. var rest])
            {
                return await ServeRegistryAsync(rest).ConfigureAwait(false);
            }

            return await RunAsync(arguments).ConfigureAwait(false);
        }
        catch (GantryException e)
        {
            await Console.Error.WriteLineAsync(e.Message).ConfigureAwait(false);
            return 1;
        }
        catch (LinuxException e)
        {
            await Console.Error.WriteLineAsync("failed to start daemon: " + e.Message).ConfigureAwait(false);
            return 1;
        }
    }

    private static async Task<int> RunAsync(string[] arguments)
    {
        var flags = CommandLine.Parse(arguments);
        if (flags.Bool("help"))
        {
            await Console.Out.WriteAsync(HelpText.Build()).ConfigureAwait(false);
            return 0;
        }

        if (flags.Bool("version"))
        {
            await Console.Out.WriteLineAsync($"Gantry version {EngineVersion.Text}, build {EngineVersion.Commit}").ConfigureAwait(false);
            return 0;
        }

        ConfigFile.Apply(flags, flags.Text("config-file", FlagTable.DefaultConfigFile), flags.Has("config-file"));
        var settings = new DaemonSettings(flags);
        _ = (settings.Engine(), settings.LogLevel, settings.LogAsJson, settings.OomScoreAdjust);
        settings.Server().Tls?.Check();
        if (flags.Bool("validate"))
        {
            await Console.Out.WriteLineAsync("configuration OK").ConfigureAwait(false);
            return 0;
        }

        if (Environment.UserName != "root")
        {
            throw GantryException.InvalidArgument("gantryd needs to be started with root privileges");
        }

        settings.ResolveUserNamespace();
        DataFolders.Make(settings.GivenDataRoot, settings.DataRoot, settings.UserNamespace);
        if (settings.OomScoreAdjust is { } score)
        {
            SetOomScore(score);
        }

        EngineNamespace.Enter(new EngineNamespaceOptions { DataRoot = settings.DataRoot, ExecRoot = settings.ExecRoot });
        var daemon = await DaemonProcess.StartAsync(settings, () => Reread(arguments), CancellationToken.None).ConfigureAwait(false);
        await using (daemon.ConfigureAwait(false))
        {
            await daemon.WaitForEndAsync().ConfigureAwait(false);
        }

        return 0;
    }

    private static void SetOomScore(int score)
    {
        if (OomScore.TryWrite(score) is var error and not 0)
        {
            throw new LinuxException("write", error, "/proc/self/oom_score_adj");
        }
    }

    /// <summary>What the same command line means now that the file may have changed.</summary>
    private static DaemonSettings Reread(string[] arguments)
    {
        var flags = CommandLine.Parse(arguments);
        ConfigFile.Apply(flags, flags.Text("config-file", FlagTable.DefaultConfigFile), flags.Has("config-file"));
        var settings = new DaemonSettings(flags);
        settings.ResolveUserNamespace();
        return settings;
    }

    private static async Task<int> ServeRegistryAsync(string[] arguments)
    {
        using var stop = new CancellationTokenSource();
        using var signals = new StopSignals(stop.Cancel);
        return await RegistryServeCommand.RunAsync(arguments, Console.Out, Console.Error, stop.Token).ConfigureAwait(false);
    }
}
