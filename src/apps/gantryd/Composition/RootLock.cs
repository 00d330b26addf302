using Gantry.Errors;
using Gantry.Linux;

namespace Gantry.Apps.Daemon.Composition;

/// <summary>Keeps a second engine off the data root. The kernel lets go of the lock when the process dies, however it dies.</summary>
internal static class RootLock
{
    private const string Name = "engine.lock";

    /// <exception cref="GantryException">Conflict: another engine has it.</exception>
    internal static FileLock Take(string folder) =>
        FileLock.TryAcquire(Path.Combine(folder, Name))
            ?? throw GantryException.Conflict($"failed to start daemon: another engine uses the data root {folder}");
}
