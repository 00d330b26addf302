using Gantry.Engine.Containers.State;
using Gantry.IO.Tar;
using Gantry.IO.Trees;
using Gantry.Linux;

namespace Gantry.Engine.Containers.Files;

/// <summary>A view and, for a container that doesn't run, the hold on its gate.</summary>
internal sealed class ViewUse(FileSystemView view, AsyncLock.Releaser? gate) : IDisposable
{
    internal FileSystemView View => view;

    public void Dispose()
    {
        view.Dispose();
        gate?.Dispose();
    }
}

/// <summary>A file or directory that is about to be packed.</summary>
public sealed class OpenArchive : IDisposable
{
    private readonly ViewUse _use;
    private readonly ContainerPath _path;
    private readonly bool _isDirectory;
    private readonly IdMaps? _ids;

    /// <param name="ids">Maps of the user namespace that containers' files belong to; null for none.</param>
    internal OpenArchive(ViewUse use, PathStat stat, ContainerPath path, bool isDirectory, IdMaps? ids)
    {
        _ids = ids;
        _use = use;
        _path = path;
        _isDirectory = isDirectory;
        Stat = stat;
    }

    public PathStat Stat { get; }

    /// <summary>Packs it under its own name, as <c>docker cp</c> expects it.</summary>
    public async Task WriteAsync(Stream destination, CancellationToken cancellationToken)
    {
        using var writer = new TarWriter(destination);
        if (_isDirectory)
        {
            await PackDirectoryAsync(writer, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            await PackNodeAsync(writer, cancellationToken).ConfigureAwait(false);
        }

        await writer.CompleteAsync(cancellationToken).ConfigureAwait(false);
    }

    public void Dispose() => _use.Dispose();

    private async Task PackDirectoryAsync(TarWriter writer, CancellationToken cancellationToken)
    {
        var fd = FileAt.Check(_use.View.TryOpen(_path.Clean, OpenAtFlags.Directory), "openat2", _path.Clean);
        try
        {
            // Clients put their own name in place of this one where it first occurs in an entry's name, so it must begin every name.
            var options = new TreePackerOptions { RootName = _path.IsContents ? "." : _path.BaseName, Ids = _ids };
            await TreePacker.PackAsync(fd, writer, options, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            FileAt.Close(fd);
        }
    }

    private async Task PackNodeAsync(TarWriter writer, CancellationToken cancellationToken)
    {
        var parent = FileAt.Check(_use.View.TryOpen(_path.Parent, OpenAtFlags.Path | OpenAtFlags.Directory), "openat2", _path.Parent);
        try
        {
            var options = new TreePackerOptions { RootName = _path.BaseName, Ids = _ids };
            await TreePacker.PackNodeAsync(parent, _path.BaseName, writer, options, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            FileAt.Close(parent);
        }
    }
}
