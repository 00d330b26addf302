using Microsoft.Win32.SafeHandles;

namespace Gantry.Snapshots;

/// <summary>A read-only root file system held by a descriptor only. Dispose ends it.</summary>
public sealed class LayerView : IDisposable
{
    internal LayerView(SafeFileHandle root) => Root = root;

    /// <summary>The root directory; resolve below it with <c>Gantry.Linux</c>'s rooted opens. Owned by the view.</summary>
    public SafeFileHandle Root { get; }

    public void Dispose() => Root.Dispose();
}
