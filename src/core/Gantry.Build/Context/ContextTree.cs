using Gantry.Build.Files;
using Gantry.Errors;
using Gantry.Linux;

namespace Gantry.Build.Context;

/// <summary>A context that came as a tar, as a tree. Everything belongs to root.</summary>
internal sealed class ContextTree(ContextNode root, ContextSpool spool, ContextSync? sync = null) : ISourceTree
{
    /// <summary>There is a Dockerfile and nothing else, which the client named by its address alone.</summary>
    public bool IsLoneDockerfile { get; init; }

    public SourceFile? Find(string path)
    {
        var canonical = RootedPath.Resolve(path, p => Locate(p) is { Kind: FileKind.Symlink } link ? link.LinkTarget : null);
        return Locate(canonical) is { } node ? Describe(canonical, node) : null;
    }

    public IReadOnlyList<SourceFile> List(SourceFile directory) =>
        ((ContextNode)directory.Node!).Children!.Select(child => Describe(RootedPath.Join(directory.Path, child.Key), child.Value)).ToList();

    public ValueTask FetchAsync(IReadOnlyList<SourceFile> files, Func<SourceFile, bool> isLeftOut, bool contents, CancellationToken cancellationToken)
    {
        if (sync is null)
        {
            return ValueTask.CompletedTask;
        }

        var wanted = new List<ContextNode>();
        foreach (var file in files)
        {
            Collect(file, isLeftOut, contents, wanted);
        }

        return new ValueTask(sync.FetchAsync(wanted, cancellationToken));
    }

    public byte[] ContentHash(SourceFile file) => ((ContextNode)file.Node!).Hash;

    public void CopyContent(SourceFile file, int destination)
    {
        var node = (ContextNode)file.Node!;
        if (node.Extents is null)
        {
            spool.Copy(node.Offset, node.Size, destination, 0);
            return;
        }

        FileData.SetLength(destination, node.Size);
        var offset = node.Offset;
        foreach (var extent in node.Extents)
        {
            spool.Copy(offset, extent.Length, destination, extent.Offset);
            offset += extent.Length;
        }
    }

    public Stream OpenRead(SourceFile file) => (ContextNode)file.Node! is { Extents: null } node
        ? new SpoolStream(spool, node.Offset, node.Size)
        : throw GantryException.InvalidArgument($"{file.Path}: sparse files can't be read here");

    public IReadOnlyList<KeyValuePair<string, byte[]>> Xattrs(SourceFile file) => [];

    /// <summary>Takes a file out, as if it had not been sent.</summary>
    public void Remove(string path)
    {
        if (Locate(RootedPath.Parent(path))?.Children is { } siblings)
        {
            siblings.Remove(path[(path.LastIndexOf('/') + 1)..]);
        }
    }

    public void Dispose()
    {
        sync?.Dispose();
        spool.Dispose();
    }

    private void Collect(SourceFile file, Func<SourceFile, bool> isLeftOut, bool contents, List<ContextNode> wanted)
    {
        if (file is { Kind: FileKind.File, Node: ContextNode { IsHere: false } node } && (contents || node.Hash.Length == 0))
        {
            wanted.Add(node);
        }
        else if (file.IsDirectory)
        {
            foreach (var child in List(file).Where(c => !isLeftOut(c)))
            {
                Collect(child, isLeftOut, contents, wanted);
            }
        }
    }

    private ContextNode? Locate(string path)
    {
        var node = root;
        foreach (var name in path.Length == 0 ? [] : path.Split('/'))
        {
            if (node.Children is null || !node.Children.TryGetValue(name, out node!))
            {
                return null;
            }
        }

        return node;
    }

    private static SourceFile Describe(string path, ContextNode node) => new()
    {
        Path = path,
        Kind = node.Kind,
        Mode = node.Mode,
        Size = node.Size,
        Modified = node.Modified,
        LinkTarget = node.LinkTarget,
        DeviceMajor = node.DeviceMajor,
        DeviceMinor = node.DeviceMinor,
        LinkKey = node.LinkKey,
        Node = node,
    };
}
