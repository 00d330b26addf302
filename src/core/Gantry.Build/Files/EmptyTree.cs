namespace Gantry.Build.Files;

/// <summary>No files: what a build without a context copies from.</summary>
internal sealed class EmptyTree : ISourceTree
{
    public static EmptyTree Instance { get; } = new();

    public SourceFile? Find(string path) => null;

    public IReadOnlyList<SourceFile> List(SourceFile directory) => [];

    public byte[] ContentHash(SourceFile file) => throw new InvalidOperationException("An empty tree has no files.");

    public void CopyContent(SourceFile file, int destination) => throw new InvalidOperationException("An empty tree has no files.");

    public Stream OpenRead(SourceFile file) => throw new InvalidOperationException("An empty tree has no files.");

    public IReadOnlyList<KeyValuePair<string, byte[]>> Xattrs(SourceFile file) => [];

    public void Dispose()
    {
    }
}
