namespace Gantry.Build.Files;

/// <summary>What one ADD takes from: the build context, and files downloaded for it. Owns the downloads; the context stays the caller's.</summary>
/// <param name="downloads">By the address they were asked for with.</param>
internal sealed class MixedTree(ISourceTree context, IReadOnlyDictionary<string, RemoteFile> downloads) : ISourceTree
{
    public SourceFile? Find(string path) => context.Find(path);

    public SourceFile? FindDownload(string address) => downloads.TryGetValue(address, out var file) ? file.FindDownload(address) : null;

    public IReadOnlyList<SourceFile> List(SourceFile directory) => context.List(directory);

    public ValueTask FetchAsync(IReadOnlyList<SourceFile> files, Func<SourceFile, bool> isLeftOut, bool contents, CancellationToken cancellationToken) =>
        context.FetchAsync([.. files.Where(f => !f.IsDownload)], isLeftOut, contents, cancellationToken);

    public byte[] ContentHash(SourceFile file) => TreeOf(file).ContentHash(file);

    public void CopyContent(SourceFile file, int destination) => TreeOf(file).CopyContent(file, destination);

    public Stream OpenRead(SourceFile file) => TreeOf(file).OpenRead(file);

    public IReadOnlyList<KeyValuePair<string, byte[]>> Xattrs(SourceFile file) => TreeOf(file).Xattrs(file);

    public void Dispose()
    {
        foreach (var file in downloads.Values)
        {
            file.Dispose();
        }
    }

    private ISourceTree TreeOf(SourceFile file) => file.IsDownload ? (RemoteFile)file.Node! : context;
}
