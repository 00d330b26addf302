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

    /// <summary>
    /// Checks the options that the daemon has for its default driver. Without options nothing is checked: the driver may be a plugin that is yet to be
    /// installed, and until then only containers that ask for it are refused.
    /// </summary>
    /// <exception cref="GantryException">InvalidArgument in Docker's words.</exception>
    internal void ValidateDefault()
    {
        var (driver, options) = (core.Settings.LogDriver, core.Settings.LogOptions);
        if (options.Count == 0)
        {
            return;
        }

        try
        {
            Validate(driver, options);
        }
        catch (GantryException e)
        {
            throw GantryException.InvalidArgument("failed to set log opts: failed to set log opts: " + e.Message, e);
        }
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
