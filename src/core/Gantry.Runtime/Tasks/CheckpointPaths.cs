namespace Gantry.Runtime;

/// <summary>Where a checkpoint's images are and where CRIU works.</summary>
/// <param name="ImagePath">Absolute path of an existing directory for the images, or with them.</param>
/// <param name="WorkPath">Absolute path of an existing directory for CRIU's log and statistics; the caller empties it.</param>
public sealed record CheckpointPaths(string ImagePath, string WorkPath);
