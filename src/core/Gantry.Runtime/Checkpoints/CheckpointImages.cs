namespace Gantry.Runtime.Checkpoints;

/// <summary>Whether the images of a checkpoint whose maker nobody waited for are all there.</summary>
internal static class CheckpointImages
{
    /// <summary>CRIU's last word after a dump that succeeded.</summary>
    private const string Statistics = "stats-dump";

    /// <summary>Written when all other images are complete, and before the processes are let go or ended.</summary>
    private const string Inventory = "inventory.img";

    /// <param name="processIsGone">The container's process has ended, as it does after a dump.</param>
    internal static bool AreComplete(CheckpointPaths paths, bool processIsGone) =>
        File.Exists($"{paths.WorkPath}/{Statistics}")
        || (processIsGone && new FileInfo($"{paths.ImagePath}/{Inventory}") is { Exists: true, Length: > 0 });
}
