namespace Gantry.Apps.Cli.CommandLine;

/// <summary>What an engine must have so that a command or a flag is shown in help and may be used.</summary>
internal interface IGated
{
    /// <summary>The API version from which engines know it; null for all.</summary>
    string? MinimumVersion { get; }

    /// <summary>The operating system of the engine ("windows"); null for any.</summary>
    string? EngineSystem { get; }

    /// <summary>Whether the engine must have experimental features on.</summary>
    bool NeedsExperimental { get; }

    /// <summary>"active" or "manager": shown only where the engine is in a swarm so; null for everywhere. Use is not checked: the engine does.</summary>
    string? NeedsSwarm { get; }
}
