using Gantry.Engine.Filters;
using Gantry.Engine.Plugins.Running;
using Gantry.Engine.Plugins.State;
using Gantry.Errors;
using Gantry.Images.Plugins;
using Gantry.Metadata;
using Gantry.Plugins.Managed;
using Gantry.Runtime;

namespace Gantry.Engine.Plugins;

/// <summary>The operations of <c>/plugins</c>: plugins that the engine fetches, keeps and runs (docs/design/managed-plugins.md).</summary>
public sealed partial class PluginService
{
    private readonly EngineCore _core;
    private readonly PluginIndex _index;
    private readonly PluginRunner _runner;
    private readonly PluginRestore _restore;
    private readonly PluginUsers _users;

    internal PluginService(EngineCore core)
    {
        _core = core;
        _index = new PluginIndex(new RecordTable<PluginRecord>(core.Parts.Database, "plugins", EngineJson.Default.PluginRecord));
        var paths = new PluginPaths(core.Settings);
        _runner = new PluginRunner(core, _index, paths);
        _restore = new PluginRestore(core, _index, paths, _runner);
        _users = new PluginUsers(core);
        _paths = paths;
        core.Parts.Images.Plugins = () => _index.All().Select(e => new KeptPlugin(e.Record.Name, e.Record.Reference, e.Record.Enabled, e.Record.Image));
        _restore.Load();
    }

    /// <summary>An authorization plugin was disabled: requests are decided without it from now on. Docker's id and name are told.</summary>
    public event Action<string>? AuthorizationDisabled;

    /// <summary>Begins to serve the engine's figures at the socket with the path it gets; set before the engine starts. Plugins that collect them need it.</summary>
    public Func<string, Task>? ServeMetrics
    {
        get => _runner.Metrics.Serve;
        set => _runner.Metrics.Serve = value;
    }

    /// <summary><c>GET /plugins</c>.</summary>
    /// <exception cref="GantryException">InvalidArgument: filters.</exception>
    public IReadOnlyList<PluginDescription> List(FilterSet filters)
    {
        filters.Validate("capability", "enabled");
        bool? enabled = !filters.Has("enabled") ? null : filters["enabled"] switch
        {
            ["true"] => true,
            ["false"] => false,
            var other => throw FilterSet.Invalid("enabled", other),
        };
        return
        [
            .. _index.All().Select(e => e.Record)
                .Where(r => enabled is null || r.Enabled == enabled)
                .Where(r => filters["capability"].All(c => r.Configuration.Interface.Types?.Any(t => t.Capability == c) == true))
                .Select(Describe),
        ];
    }

    /// <summary><c>GET /plugins/NAME/json</c>.</summary>
    /// <exception cref="GantryException">NotFound; InvalidArgument: ambiguous.</exception>
    public PluginDescription Inspect(string name) => Describe(_index.Get(name).Record);

    /// <summary><c>POST /plugins/NAME/enable</c>: starts it, now and with the engine.</summary>
    /// <param name="timeoutSeconds">How long a question to it may take; 0 for the engine's own limit.</param>
    /// <exception cref="GantryException">NotFound; Conflict: it is enabled; Internal: it doesn't start.</exception>
    public async Task EnableAsync(string name, int timeoutSeconds)
    {
        var entry = _index.Get(name);
        using var turn = await TakeAsync(entry, name).ConfigureAwait(false);
        if (entry.Record.Enabled)
        {
            throw GantryException.Conflict($"plugin already enabled: plugin {entry.Record.Name} is enabled");
        }

        entry.Failures = 0;
        await _runner.StartAsync(entry).ConfigureAwait(false);
        _index.Update(entry, r => r with { Enabled = true, TimeoutSeconds = timeoutSeconds });
        _runner.Publish(entry);
        if (entry.Ended is { Task.IsCompleted: true })
        {
            // It ended between its first sign of life and the record.
            _ = Task.Run(() => _runner.BringBackAsync(entry));
        }

        Publish("enable", entry.Record.Id, name);
    }

    /// <summary><c>POST /plugins/NAME/disable</c>: ends it.</summary>
    /// <param name="force">Also while volumes or networks need it.</param>
    /// <exception cref="GantryException">NotFound; Conflict: it is in use; Internal, as Docker has it: it is disabled.</exception>
    public async Task DisableAsync(string name, bool force)
    {
        var entry = _index.Get(name);
        using var turn = await TakeAsync(entry, name).ConfigureAwait(false);
        CheckUnused(entry.Record, force);
        if (!entry.Record.Enabled)
        {
            throw GantryException.Conflict($"plugin is already disabled: plugin {entry.Record.Name} found but disabled");
        }

        await DisableAsync(entry).ConfigureAwait(false);
        Publish("disable", entry.Record.Id, name);
    }

    /// <summary><c>DELETE /plugins/NAME</c>: with its files and everything only it had in the stores.</summary>
    /// <exception cref="GantryException">NotFound; Conflict: it is in use or enabled, and this was not forced.</exception>
    public async Task<PluginDescription> RemoveAsync(string name, bool force)
    {
        var entry = _index.Get(name);
        using var turn = await TakeAsync(entry, name).ConfigureAwait(false);
        CheckUnused(entry.Record, force);
        if (entry.Record.Enabled && !force)
        {
            throw GantryException.Conflict($"plugin {entry.Record.Name} is enabled");
        }

        if (entry.Record.Enabled)
        {
            await DisableAsync(entry).ConfigureAwait(false);
        }

        var record = entry.Record;
        await _runner.ReleaseAsync(record.Id).ConfigureAwait(false);
        PropagatedMount.RemoveData(_paths.PropagatedMount(record.Id), _paths.Data(record.Id));
        _index.Remove(entry);
        _core.Parts.Plugins.Remove(record.Id);
        _core.Parts.Layers.RemoveContainerLayer(record.Id);
        _core.Parts.Images.Discard(record.Image);
        Publish("remove", record.Id, name);
        return Describe(record);
    }

    /// <summary><c>POST /plugins/NAME/set</c>.</summary>
    /// <param name="changes"><c>NAME[.FIELD]=VALUE</c>.</param>
    /// <exception cref="GantryException">NotFound; Internal, as Docker has it: the plugin runs, or something can't be set. Nothing has changed then.</exception>
    public async Task SetAsync(string name, IReadOnlyList<string> changes)
    {
        var entry = _index.Get(name);
        using var turn = await TakeAsync(entry, name).ConfigureAwait(false);
        if (entry.Record.Enabled)
        {
            throw GantryException.Internal("cannot set on an active plugin, disable plugin before setting");
        }

        var (configuration, settings) = SettingsChange.Apply(entry.Record.Configuration, entry.Record.Settings, changes);
        _index.Update(entry, r => r with { Configuration = configuration, Settings = settings });
    }

    internal bool Owns(string id) => _index.Contains(id);

    internal bool TryHandleExit(TaskExit exit) => _runner.TryHandleExit(exit);

    /// <inheritdoc cref="PluginRestore.RestoreAsync(IReadOnlyDictionary{string, TaskState}, CancellationToken)"/>
    internal Task RestoreAsync(IReadOnlyDictionary<string, TaskState> tasks, CancellationToken cancellationToken) => _restore.RestoreAsync(tasks, cancellationToken);

    /// <summary>Ends all processes; the next start brings them back.</summary>
    internal Task StopAllAsync() => Task.WhenAll(_index.All().Select(async entry =>
    {
        using var turn = await entry.Gate.AcquireAsync().ConfigureAwait(false);
        await _runner.StopAsync(entry).ConfigureAwait(false);
    }));

    private async Task DisableAsync(PluginEntry entry)
    {
        // Recorded first: what is ended then is not to come back.
        _index.Update(entry, r => r with { Enabled = false });
        _runner.Publish(entry);
        await Task.Run(() => _runner.Metrics.End(entry.Record)).ConfigureAwait(false);
        await _runner.StopAsync(entry).ConfigureAwait(false);
        if (entry.Record.Configuration.Interface.Types?.Any(t => t is { IsDockers: true, Capability: "authz" }) == true)
        {
            AuthorizationDisabled?.Invoke(entry.Record.Name);
        }
    }

    private void CheckUnused(PluginRecord record, bool force)
    {
        if (!force && _users.Count(record.Name) > 0)
        {
            throw GantryException.Conflict($"plugin {record.Name} is in use");
        }
    }

    /// <summary>The plugin's gate; the caller disposes it.</summary>
    /// <exception cref="GantryException">NotFound: it was removed meanwhile.</exception>
    private static async Task<IDisposable> TakeAsync(PluginEntry entry, string name)
    {
        var turn = await entry.Gate.AcquireAsync().ConfigureAwait(false);
        if (entry.IsGone)
        {
            turn.Dispose();
            throw PluginIndex.NotFound(name);
        }

        return turn;
    }

    private void Publish(string action, string id, string name) =>
        _core.Events.Publish("plugin", action, id, new Dictionary<string, string> { ["name"] = name });

    private static PluginDescription Describe(PluginRecord record) => new()
    {
        Id = record.Id,
        Name = record.Name,
        Enabled = record.Enabled,
        Config = record.Configuration,
        Settings = record.Settings,
        PluginReference = record.Reference,
    };
}
