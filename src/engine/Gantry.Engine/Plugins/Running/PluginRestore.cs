using Gantry.Engine.Plugins.State;
using Gantry.Errors;
using Gantry.Linux;
using Gantry.Runtime;

namespace Gantry.Engine.Plugins.Running;

/// <summary>
/// Takes over plugins of an earlier engine, however it ended: those that run go on, those that should run are started, what a killed engine had begun to
/// start is ended. Before anything that may need a driver.
/// </summary>
internal sealed class PluginRestore(EngineCore core, PluginIndex index, PluginPaths paths, PluginRunner runner)
{
    /// <summary>How long the rest of the engine's start waits for plugins.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(15);

    internal void Load()
    {
        index.Load();
        foreach (var entry in index.All())
        {
            runner.Publish(entry);
        }
    }

    /// <param name="tasks">The processes that are there, by id.</param>
    internal async Task RestoreAsync(IReadOnlyDictionary<string, TaskState> tasks, CancellationToken cancellationToken)
    {
        RemoveLeftOvers();
        var starts = Task.WhenAll(index.All().Select(entry => Task.Run(() => RestoreAsync(entry, tasks.GetValueOrDefault(entry.Record.Id)), cancellationToken)));
        try
        {
            await starts.WaitAsync(s_patience, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            core.Log.Warn("some plugins take long to start");
        }
    }

    private async Task RestoreAsync(PluginEntry entry, TaskState? task)
    {
        try
        {
            using (await entry.Gate.AcquireAsync().ConfigureAwait(false))
            {
                if (task is { Phase: TaskPhase.Running })
                {
                    runner.Adopt(entry, task);
                    if (entry.Record.Enabled && core.Settings.LiveRestore && IsWhole(entry.Record))
                    {
                        return;
                    }
                }

                await runner.StopAsync(entry).ConfigureAwait(false);
                if (entry.Record.Enabled)
                {
                    await runner.StartAsync(entry).ConfigureAwait(false);
                    runner.Publish(entry);
                }
            }
        }
        catch (Exception e) when (e is GantryException or LinuxException or IOException)
        {
            core.Log.Error($"failed to enable plugin '{entry.Record.Name}'", ("error", e.Message));
            entry.Failures++;
            _ = Task.Run(() => runner.BringBackAsync(entry));
        }
    }

    /// <summary>One that collects figures has a socket of the engine that is gone.</summary>
    private bool IsWhole(PluginRecord record) => !MetricsCollector.Is(record) && (record.Configuration.PropagatedMount.Length == 0 || PropagatedMount.IsThere(paths.PropagatedMount(record.Id)));

    /// <summary>Directories of plugins that were removed, or never recorded.</summary>
    private void RemoveLeftOvers()
    {
        foreach (var id in Names(paths.BundleRoot).Where(id => !index.Contains(id)))
        {
            core.Parts.Layers.Unmount(paths.Rootfs(id));
            Directories.Remove(paths.Bundle(id));
        }

        foreach (var id in Names(paths.Root).Where(id => !index.Contains(id)))
        {
            try
            {
                PropagatedMount.RemoveData(paths.PropagatedMount(id), paths.Data(id));
            }
            catch (GantryException e)
            {
                core.Log.Warn("a removed plugin's files stay", ("plugin", id), ("error", e.Message));
            }
        }

        foreach (var id in Names(paths.SocketRoot).Where(id => !index.Contains(id)))
        {
            Directories.Remove(paths.Sockets(id));
        }
    }

    private static IReadOnlyList<string> Names(string directory) =>
        Directory.Exists(directory) ? [.. Directory.EnumerateDirectories(directory).Select(d => Path.GetFileName(d)!)] : [];
}
