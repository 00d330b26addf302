using System.Collections.Concurrent;
using Gantry.Engine.Settings;
using Gantry.Runtime;

namespace Gantry.Engine.Daemon;

/// <summary>The versions of the configured OCI runtimes, asked when somebody first wants to know and again when a program was replaced.</summary>
internal sealed class KnownRuntimes
{
    private readonly ConcurrentDictionary<(string Path, DateTime Written, long Size), RuntimeVersion> _versions = new();

    /// <summary>Whether a runtime takes finished system call filters (<see cref="RuntimeVersion.TakesSeccompPrograms"/>). Only programs named crun are asked.</summary>
    internal bool TakesSeccompPrograms(EngineSettings settings, string? name) =>
        Find(settings, name) is { } runtime && Path.GetFileName(runtime.Path) == "crun" && Version(settings, name).TakesSeccompPrograms;

    /// <summary>That a runtime can make checkpoints. Only of crun is it known without trying: it may be built without CRIU.</summary>
    /// <exception cref="Errors.GantryException">NotImplemented, naming the remedy.</exception>
    internal void CheckCheckpoints(EngineSettings settings, string? name)
    {
        if (Find(settings, name) is { } runtime && Path.GetFileName(runtime.Path) == "crun" && Version(settings, name).LacksCriu)
        {
            throw Errors.GantryException.NotImplemented(
                $"the runtime {runtime.Path} was built without CRIU: checkpoints need a container with another runtime (create it with --runtime runc)");
        }
    }

    /// <param name="settings">The engine's settings now.</param>
    /// <param name="name">Null or empty is the default runtime.</param>
    internal RuntimeVersion Version(EngineSettings settings, string? name = null)
    {
        if (Find(settings, name) is not { } runtime)
        {
            return RuntimeVersion.Parse("");
        }

        // The program itself, not a link to it: what it says decides whether a filter is handed over in a form it may not know.
        var file = new FileInfo(runtime.Path);
        file = file.LinkTarget is null ? file : file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file;
        return _versions.GetOrAdd((runtime.Path, file.Exists ? file.LastWriteTimeUtc : default, file.Exists ? file.Length : 0), _ => RuntimeVersion.Ask(runtime));
    }

    private static RuntimeConfig? Find(EngineSettings settings, string? name) =>
        settings.Runtimes.GetValueOrDefault(string.IsNullOrEmpty(name) ? settings.DefaultRuntime : name);
}
