namespace Gantry.Plugins;

/// <summary>What every plugin may answer: that it failed.</summary>
public abstract record PluginAnswer
{
    /// <summary>Not empty: the question failed.</summary>
    public string? Err { get; init; }

    /// <summary>The failure in the plugin's words, or null. Drivers of addresses call it otherwise.</summary>
    internal protected virtual string? Failure => Err;
}
