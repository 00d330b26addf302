using Gantry.IO.Tar;
using Gantry.IO.Trees;
using Gantry.Linux;

namespace Gantry.Snapshots;

public sealed partial class LayerStore
{
    /// <summary>What changed against the image, as <c>docker diff</c> lists it, in path order.</summary>
    public IReadOnlyList<FileChange> Changes(string id, CancellationToken cancellationToken = default)
    {
        var layer = GetContainerLayer(id);
        using var lower = new LayerView(OverlayMount.OpenReadOnly(LowerDirectories(layer.ParentChainId, layer.Options.MountPoints), _temporary), Ids);
        return ChangeDetector.Detect(layer.UpperDirectory, lower, cancellationToken);
    }

    /// <summary>Bytes and inodes of the writable layer.</summary>
    public LayerUsage Usage(string id, CancellationToken cancellationToken = default)
    {
        var upper = FileAt.OpenDirectory(GetContainerLayer(id).UpperDirectory);
        try
        {
            var usage = TreeUsage.Measure(upper, cancellationToken);
            return new LayerUsage(usage.Bytes, usage.Inodes);
        }
        finally
        {
            FileAt.Close(upper);
        }
    }

    /// <summary>Writes the changes as a layer tar with OCI whiteouts; the same directory always gives the same bytes.</summary>
    public async Task WriteDiffTarAsync(string id, Stream destination, CancellationToken cancellationToken = default)
    {
        using var writer = new TarWriter(destination);
        await PackUpperAsync(GetContainerLayer(id), writer, null, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Returns the bytes of the files in it.</summary>
    private async Task<long> PackUpperAsync(ContainerLayer layer, TarWriter writer, Action<string, long>? content, CancellationToken cancellationToken)
    {
        var upper = FileAt.OpenDirectory(layer.UpperDirectory);
        try
        {
            var options = new TreePackerOptions { Overlay = true, IncludeRoot = IsRootChanged(layer), Content = content, Ids = Ids };
            var bytes = await TreePacker.PackAsync(upper, writer, options, cancellationToken).ConfigureAwait(false);
            await writer.CompleteAsync(cancellationToken).ConfigureAwait(false);
            return bytes;
        }
        catch (LinuxException e)
        {
            throw e.ToGantry("reading the container's changes");
        }
        finally
        {
            FileAt.Close(upper);
        }
    }

    private bool IsRootChanged(ContainerLayer layer)
    {
        var own = FileAt.Stat(FileAt.CurrentDirectory, layer.UpperDirectory);
        var parent = FileAt.Stat(FileAt.CurrentDirectory, layer.ParentChainId.IsEmpty ? _empty : DiffDirectory(layer.ParentChainId));
        return (own.Mode, own.UserId, own.GroupId) != (parent.Mode, parent.UserId, parent.GroupId);
    }
}
