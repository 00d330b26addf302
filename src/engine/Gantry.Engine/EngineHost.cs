using Gantry.Engine.Builds;
using Gantry.Engine.Containers;
using Gantry.Engine.Daemon;
using Gantry.Engine.Diagnostics;
using Gantry.Engine.Events;
using Gantry.Engine.Exec;
using Gantry.Engine.Images;
using Gantry.Engine.Networks;
using Gantry.Engine.Plugins;
using Gantry.Engine.Settings;
using Gantry.Engine.Transfers;
using Gantry.Engine.Volumes;
using Gantry.Errors;
using Gantry.Runtime;

namespace Gantry.Engine;

/// <summary>The engine: its services behind one object. Made once per process; the parts belong to the application.</summary>
public sealed class EngineHost
{
    private readonly EngineCore _core;
    private readonly ContainerFlows _flows;

    /// <summary>Every container's record says what this engine has found.</summary>
    private readonly TaskCompletionSource _restored = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly StepRunner _steps;
    private BuildsService? _builds;

    public EngineHost(EngineSettings settings, EngineParts parts, EngineLog log)
    {
        _core = new EngineCore(settings, parts, log);
        Plugins = new PluginService(_core);
        _flows = new ContainerFlows(_core, Plugins);
        Containers = new ContainerService(_core, _flows);
        Execs = _flows.Execs;
        Images = new ImageService(_core);
        Networks = new NetworkResource(_core, _flows.Networks);
        Volumes = new VolumeResource(_core, _flows.Volumes);
        Daemon = new DaemonService(_core);
        DiskUsage = new DiskUsageService(Containers, Images, Volumes, () => Builds);
        Transfers = new TransferService(_core);
        Manifests = new ManifestService(_core);
        _steps = new StepRunner(_core, _flows.Networks, _flows.Bundles);
    }

    /// <summary>Media type of <see cref="Metrics"/>.</summary>
    public const string MetricsContentType = MetricsText.ContentType;

    public EngineSettings Settings => _core.Settings;

    public EventBus Events => _core.Events;

    public ContainerService Containers { get; }

    public ExecService Execs { get; }

    public ImageService Images { get; }

    public NetworkResource Networks { get; }

    public VolumeResource Volumes { get; }

    public PluginService Plugins { get; }

    /// <summary>The plugins that the engine runs, for those who need drivers.</summary>
    public Gantry.Plugins.Managed.ManagedPlugins ManagedPlugins => _core.Parts.Plugins;

    public DaemonService Daemon { get; }

    public DiskUsageService DiskUsage { get; }

    public TransferService Transfers { get; }

    public ManifestService Manifests { get; }

    /// <summary>Opened by <see cref="StartAsync"/>, after what earlier builds left is gone.</summary>
    public BuildsService Builds => _builds ?? throw new InvalidOperationException("the engine has not started");

    /// <summary>The engine's figures in Prometheus' text format.</summary>
    public string Metrics() => MetricsText.Write(_core, Daemon.Info());

    /// <summary>Takes over what is there and starts what restart policies want. Clients may be served when this returns.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        LimitsLog.Started(_core.Log, _core.Settings);
        _core.Parts.Tasks.OnExit = OnExitAsync;
        _core.Parts.Tasks.OnOom = OnOomAsync;
        try
        {
            await _flows.Restore.RestoreAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _restored.TrySetResult();
        }

        if (!_core.Settings.LiveRestore)
        {
            await _flows.Shutdown.StopAllAsync().ConfigureAwait(false);
        }

        _builds = new BuildsService(_core, _steps, Transfers);
        await _flows.Restore.ApplyPoliciesAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Stops what the engine does by itself, and its containers unless they are to outlive it (docs/design/engine-exit.md).</summary>
    public async Task StopAsync()
    {
        await _core.Stopping.CancelAsync().ConfigureAwait(false);
        if (!_core.Settings.LiveRestore)
        {
            await _flows.Shutdown.StopAllAsync().ConfigureAwait(false);
            await Plugins.StopAllAsync().ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Takes bridges and firewall rules off the host, unless a container that goes on uses them. Networks stay recorded; the next start makes
    /// their bridges again. The last thing an ending engine does.
    /// </summary>
    public async Task LeaveHostAsync()
    {
        if (_core.Containers.All().Any(c => c.State.IsActive))
        {
            return;
        }

        try
        {
            await _core.Parts.Networks.TearDownAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (e is GantryException or Linux.LinuxException)
        {
            _core.Log.Warn("networks stay on the host", ("error", e.Message));
        }
    }

    /// <summary>Takes over settings that may change while the engine runs.</summary>
    /// <exception cref="GantryException">InvalidArgument: a malformed mirror; nothing has changed then.</exception>
    public void Reload(EngineSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        _core.Parts.Registry.Reconfigure(_core.Parts.Registry.Options with
        {
            InsecureRegistries = settings.InsecureRegistries,
            Mirrors = settings.RegistryMirrors,
            MaxAttempts = settings.MaxDownloadAttempts,
        });
        _core.Settings = settings;
        _core.Parts.Tasks.UseRuntimes(settings.Runtimes, settings.DefaultRuntime);
        Transfers.Reconfigure();
        LimitsLog.Reloaded(_core.Log, settings);
        Daemon.PublishReload();
    }

    private async Task OnExitAsync(TaskExit exit)
    {
        try
        {
            if (exit.ExecId is not null)
            {
                Execs.HandleExit(exit);
                return;
            }

            if (_steps.TryHandleExit(exit) || Plugins.TryHandleExit(exit))
            {
                return;
            }

            // Before that a record is the last engine's: this one's start would not be in it yet, and the exit be taken for an earlier one's or,
            // worse, be followed by the news that the process runs.
            await _restored.Task.ConfigureAwait(false);
            await _flows.Exit.HandleAsync(exit).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            _core.Log.Error("handling an exit failed", ("container", exit.Id), ("error", e));
        }
    }

    private Task OnOomAsync(string id)
    {
        if (_core.Containers.TryGet(id, out var container))
        {
            _core.Publish(container, "oom");
        }

        return Task.CompletedTask;
    }
}
