using Gantry.Build.Cache;
using Gantry.Build.Context;
using Gantry.Build.Export;
using Gantry.Build.Graph;
using Gantry.Snapshots;

namespace Gantry.Build;

/// <summary>What all builds of a service share.</summary>
internal sealed record BuildParts(
    IImageCatalog Images,
    LayerStore Layers,
    IImageProvider Provider,
    IStepRunner Runner,
    BuildCache Cache,
    CacheMounts Mounts,
    SharedWork<Solved> Running,
    BuildFolders Folders,
    KnownContents Known,
    string EngineVersion);
