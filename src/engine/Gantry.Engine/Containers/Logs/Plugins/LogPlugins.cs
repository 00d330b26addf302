using Gantry.Engine.Containers.State;
using Gantry.Errors;
using Gantry.Logs.Drivers;
using Gantry.Plugins;

namespace Gantry.Engine.Containers.Logs.Plugins;

/// <summary>The log drivers that are plugins.</summary>
internal sealed class LogPlugins(EngineCore core)
{
    private readonly PluginTable<LogPlugin> _table =
        new(PluginDirectories.Default with { Managed = core.Parts.Plugins }, LogPlugin.Kind, endpoint => new LogPlugin(endpoint));

    /// <summary>What a create request is refused for.</summary>
    /// <exception cref="GantryException">InvalidArgument in Docker's words: there is no such driver, or an option that all drivers have is wrong.</exception>
    internal void Validate(string driver, IReadOnlyDictionary<string, string> options)
    {
        if (!LogDrivers.IsRemote(driver) || LogDrivers.Names.Contains(driver))
        {
            LogDrivers.Validate(driver, options);
            return;
        }

        LogDrivers.ValidateCommon(options);
        _ = Find(driver);
    }

    /// <summary>The destination of a remote driver, ours or a plugin's; nothing is connected yet.</summary>
    /// <exception cref="GantryException">InvalidArgument in Docker's words.</exception>
    internal ILogDestination CreateDestination(string driver, ContainerRecord record, LogSubject subject) => LogDrivers.Names.Contains(driver)
        ? LogDrivers.CreateDestination(driver, subject)
        : new PluginLogDestination(() => Find(driver), record, subject);

    private LogPlugin Find(string driver)
    {
        try
        {
            return _table.Get(driver);
        }
        catch (GantryException e)
        {
            throw GantryException.InvalidArgument($"error looking up logging plugin {driver}: {e.Message}", e);
        }
    }
}
