using Gantry.Build.Cache;
using Gantry.Build.Graph;
using Gantry.Images;

namespace Gantry.Build;

/// <summary>What all builds of a service share.</summary>
internal sealed record BuildParts(
    ImageStore Images,
    IImageProvider Provider,
    IStepRunner Runner,
    BuildCache Cache,
    CacheMounts Mounts,
    SharedWork<Solved> Running,
    BuildFolders Folders,
    string EngineVersion);
