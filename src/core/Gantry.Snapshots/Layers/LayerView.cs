using Gantry.Linux;
using Microsoft.Win32.SafeHandles;

namespace Gantry.Snapshots;

/// <summary>A root file system to read, held by a descriptor only: no mount point. Dispose ends it.</summary>
public sealed class LayerView : IDisposable
{
    internal LayerView(int descriptor, IdMaps? ids)
    {
        Root = new SafeFileHandle(descriptor, ownsHandle: true);
        Ids = ids;
    }

    /// <summary>The root directory (usable with the at-calls, not for reading directly); resolve below it with <c>FileAt.TryOpenRooted</c>. Owned by the view.</summary>
    public SafeFileHandle Root { get; }

    /// <summary><see cref="Root"/> as the number <c>Gantry.Linux</c> takes.</summary>
    public int Descriptor => (int)Root.DangerousGetHandle();

    /// <summary>Maps of the ids that the files belong to; null where they are the container's own.</summary>
    public IdMaps? Ids { get; }

    public void Dispose() => Root.Dispose();
}
