using System.Runtime.InteropServices;
using Gantry.Apps.Daemon.Composition;
using Gantry.Content;
using Gantry.Engine;
using Gantry.Engine.Diagnostics;
using Gantry.Engine.Http.Hosting;
using Gantry.Engine.Networks;
using Gantry.Errors;
using Gantry.Images;
using Gantry.Metadata;
using Gantry.Plugins;
using Gantry.Registry;
using Gantry.Runtime.Services;
using Gantry.Snapshots;
using Gantry.Volumes;
using Gantry.Volumes.Plugins;
using NetworkService = Gantry.Networks.Service.NetworkService;

namespace Gantry.Apps.Daemon;

/// <summary>The composition root: makes every part, in the order they need each other, and takes them down in the other.</summary>
internal sealed class DaemonProcess : IAsyncDisposable
{
    private static readonly TimeSpan s_requestPatience = TimeSpan.FromSeconds(3);
    private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Stack<IAsyncDisposable> _parts = new();
    private readonly EngineLog _log;
    private readonly PidFile _pidFile;
    private readonly EngineHost _engine;
    private readonly EngineServer _server;
    private readonly MetricsServer? _metrics;
    private readonly StopSignals _signals;
    private readonly PosixSignalRegistration _reload;

    private DaemonProcess(DaemonSettings settings, Func<DaemonSettings> reread)
    {
        _log = new EngineLog(settings.LogLevel, Console.Error.WriteLine) { Json = settings.LogAsJson, Colored = !settings.RawLogs && !Console.IsErrorRedirected };
        _pidFile = PidFile.Create(settings.PidFile);
        var engine = settings.Engine();
        foreach (var (flag, why) in settings.WithoutEffect())
        {
            _log.Warn($"--{flag} has no effect: {why}");
        }

        if (settings.IsRemappedToRoot)
        {
            _log.Warn("User namespaces: root cannot be remapped with itself; user namespaces are OFF");
        }

        settings.ApplyProxies(_log);
        WarnOfPlainTcp(settings);
        var parts = Compose(settings, engine);
        _engine = new EngineHost(engine, parts, _log);
        _server = Keep(new EngineServer(settings.Server(), _engine, _log));
        _metrics = settings.MetricsAddress.Length > 0 ? Keep(new MetricsServer(settings.MetricsAddress, _engine, _log)) : null;
        _engine.Plugins.ServeMetrics = path => Keep(new MetricsServer("unix://" + path, _engine, _log)).StartAsync(CancellationToken.None);
        _signals = new StopSignals(() => _end.TrySetResult());
        _reload = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
        {
            context.Cancel = true;
            Reload(reread);
        });
    }

    /// <summary>Returns when clients are served.</summary>
    internal static async Task<DaemonProcess> StartAsync(DaemonSettings settings, Func<DaemonSettings> reread, CancellationToken cancellationToken)
    {
        var daemon = new DaemonProcess(settings, reread);
        try
        {
            daemon._server.Open();
            await daemon._engine.StartAsync(cancellationToken).ConfigureAwait(false);
            if (daemon._metrics is { } metrics)
            {
                await metrics.StartAsync(cancellationToken).ConfigureAwait(false);
            }

            await daemon._server.StartAsync(cancellationToken).ConfigureAwait(false);
            daemon._log.Info("Daemon has completed initialization", ("version", EngineVersion.Text), ("data-root", settings.DataRoot));
            ThreadReserve.Fill();
            return daemon;
        }
        catch
        {
            await daemon.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Completes on SIGTERM and SIGINT.</summary>
    internal Task WaitForEndAsync() => _end.Task;

    /// <summary>Orderly end: no new requests, then the parts. Containers go on unless told otherwise (docs/design/engine-exit.md).</summary>
    public async ValueTask DisposeAsync()
    {
        _log.Info("Processing shutdown");
        _signals.Dispose();
        _reload.Dispose();
        await _engine.StopAsync().ConfigureAwait(false);
        using (var patience = new CancellationTokenSource(s_requestPatience))
        {
            await _server.StopAsync(patience.Token).ConfigureAwait(false);
        }

        await _engine.LeaveHostAsync().ConfigureAwait(false);
        while (_parts.TryPop(out var part))
        {
            await part.DisposeAsync().ConfigureAwait(false);
        }

        _pidFile.Dispose();
        _log.Info("Daemon shutdown complete");
    }

    private EngineParts Compose(DaemonSettings settings, Gantry.Engine.Settings.EngineSettings engine)
    {
        DataFolders.Make(settings.GivenDataRoot, settings.DataRoot, settings.UserNamespace);
        Keep(RootLock.Take(settings.GivenDataRoot));
        var database = Keep(Database.Open(Path.Combine(settings.DataRoot, "gantry.db")));
        var content = ContentStore.Open(Path.Combine(settings.DataRoot, "content"));
        var layers = Keep(LayerStore.Open(Path.Combine(settings.DataRoot, "snapshots"), settings.Layers()));
        var plugins = PluginDirectories.Default;
        var networks = Keep(new NetworkService(settings.Networks(text => _log.Warn(text)) with { Plugins = plugins }, new NetworkStateStore(database)));
        var tasks = Keep(new TaskService(settings.Tasks(engine)));
        return new EngineParts
        {
            Database = database,
            Content = content,
            Layers = layers,
            Images = new ImageStore(database, content, layers),
            Volumes = new VolumeStore(database, Path.Combine(settings.DataRoot, "volumes"), Keep(new VolumePlugins(plugins)), settings.UserNamespace),
            Networks = networks,
            Plugins = plugins.Managed,
            Tasks = tasks,
            Registry = Keep(new RegistryClient(DaemonSettings.Registry(engine))),
        };
    }

    /// <summary>dockerd's words; unlike it the engine does not slow its start down.</summary>
    private void WarnOfPlainTcp(DaemonSettings settings)
    {
        foreach (var address in settings.UnverifiedTcp())
        {
            _log.Warn("Binding to IP address without --tlsverify is insecure and gives root access on this machine to everyone who has access to your network.", ("host", address));
            _log.Warn("Binding to an IP address, even on localhost, can also give access to scripts run in a browser. Be safe out there!", ("host", address));
        }
    }

    private void Reload(Func<DaemonSettings> reread)
    {
        try
        {
            var settings = reread();
            var engine = settings.Engine();
            _server.CheckAuthorization(engine.AuthorizationPlugins);
            _log.Level = settings.LogLevel;
            _engine.Reload(engine);
            _log.Info("Reloaded configuration", settings.DescribeProxies());
        }
        catch (GantryException e)
        {
            _log.Error("the configuration was not reloaded", ("error", e.Message));
        }
    }

    private T Keep<T>(T part)
        where T : notnull
    {
        _parts.Push(part switch
        {
            IAsyncDisposable d => d,
            IDisposable d => new Disposal(d),
            _ => throw new InvalidOperationException("a part that nobody has to dispose of"),
        });
        return part;
    }

    private sealed class Disposal(IDisposable inner) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            inner.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
