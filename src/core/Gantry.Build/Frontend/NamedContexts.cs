using Gantry.Build.Context;
using Gantry.Build.Files;
using Gantry.Oci;

namespace Gantry.Build.Frontend;

/// <summary>The names that a build's client gave a meaning of its own. Dispose it after the build.</summary>
internal sealed class NamedContexts : IDisposable
{
    private readonly IReadOnlyDictionary<string, NamedContext> _given;
    private readonly Dictionary<string, ClientFolder> _folders = [];

    public NamedContexts(BuildRequest request, BuildParts parts, IBuildProgress progress)
    {
        _given = request.NamedContexts;
        foreach (var (name, context) in _given.Where(c => c.Value.Folder.Length > 0))
        {
            _folders[name] = new ClientFolder(
                request.ClientFiles!.Client, context.Folder, $"[context {name}] load .dockerignore", $"[context {name}] load from client", parts, progress);
        }
    }

    /// <summary>What a name stands for, or null. <c>busybox</c>, <c>busybox:latest</c> and <c>docker.io/library/busybox</c> are one name.</summary>
    public NamedContext? Find(string name) => _given.Count == 0 ? null
        : _given.GetValueOrDefault(name) ?? (ImageReference.TryParse(name, out var reference) ? _given.GetValueOrDefault(Short(reference)) : null);

    /// <summary>The files of a name that stands for a folder; the tree stays this object's.</summary>
    public Task<ISourceTree> OpenAsync(NamedContext context, CancellationToken cancellationToken) =>
        _folders[_given.First(g => ReferenceEquals(g.Value, context)).Key].OpenAsync(null, cancellationToken);

    public void Dispose()
    {
        foreach (var folder in _folders.Values)
        {
            folder.Dispose();
        }
    }

    private static string Short(ImageReference reference) => reference.Tag == ImageReference.DefaultTag ? reference.FamiliarName : reference.Familiar;
}
