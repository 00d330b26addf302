using System.Text.Json.Serialization;
using Gantry.Engine.Plugins.State;
using Gantry.Errors;
using Gantry.Plugins;

namespace Gantry.Engine.Plugins.Running;

/// <summary>
/// Plugins that collect the engine's figures (Docker's metrics collector protocol): they have a socket of the engine's at <c>/run/docker/metrics.sock</c> and are
/// told when to begin and to end.
/// </summary>
internal sealed class MetricsCollector(EngineCore core, PluginPaths paths)
{
    internal const string SocketInside = "/run/docker/metrics.sock";
    private const string Capability = "metricscollector";

    private readonly SemaphoreSlim _gate = new(1, 1);
    private bool _isServed;

    /// <summary>Begins to serve the engine's figures at a path; set by the application before the engine starts.</summary>
    internal Func<string, Task>? Serve { get; set; }

    internal static bool Is(PluginRecord record) =>
        record.Configuration.Interface.Types?.Any(t => t.IsDockers && string.Equals(t.Capability, Capability, StringComparison.OrdinalIgnoreCase)) == true;

    /// <summary>Has the socket there before the plugin starts, which has it as a mount.</summary>
    internal async Task PrepareAsync(PluginRecord record)
    {
        if (!Is(record))
        {
            return;
        }

        await _gate.WaitAsync().ConfigureAwait(false);
        try
        {
            if (!_isServed)
            {
                await (Serve ?? throw GantryException.NotImplemented("this engine has no metrics for plugins"))(paths.Metrics).ConfigureAwait(false);
                _isServed = true;
            }
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <exception cref="GantryException">It can't be reached, or says that it failed.</exception>
    internal void Begin(PluginRecord record) => Tell(record, "StartMetrics");

    /// <summary>What goes wrong is told in the log: the plugin ends in any case.</summary>
    internal void End(PluginRecord record)
    {
        try
        {
            Tell(record, "StopMetrics");
        }
        catch (GantryException e)
        {
            core.Log.Warn("a metrics plugin could not be told to stop", ("plugin", record.Name), ("error", e.Message));
        }
    }

    private void Tell(PluginRecord record, string what)
    {
        if (!Is(record))
        {
            return;
        }

        using var plugin = new Collector(PluginView.Of(record, paths).Endpoint);
        plugin.Tell(what);
    }

    private sealed class Collector(PluginEndpoint endpoint) : Plugin(endpoint)
    {
        internal void Tell(string what) => Connection.Call($"MetricsCollector.{what}", MetricsJson.Default.MetricsAnswer);
    }
}

internal sealed record MetricsAnswer : PluginAnswer;

[JsonSourceGenerationOptions(PropertyNameCaseInsensitive = true)]
[JsonSerializable(typeof(MetricsAnswer))]
internal sealed partial class MetricsJson : JsonSerializerContext;
