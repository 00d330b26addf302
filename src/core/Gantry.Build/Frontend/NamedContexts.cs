using System.Collections.Concurrent;
using Gantry.Build.Context;
using Gantry.Build.Files;
using Gantry.IO.Git;
using Gantry.Oci;

namespace Gantry.Build.Frontend;

/// <summary>The names that a build's client gave a meaning of its own. Dispose it after the build.</summary>
internal sealed class NamedContexts : IDisposable
{
    private readonly IReadOnlyDictionary<string, NamedContext> _given;
    private readonly Dictionary<string, ClientFolder> _folders = [];
    private readonly ConcurrentDictionary<string, Lazy<Task<ContextTree>>> _repositories = [];
    private readonly BuildFolders _temporary;
    private readonly IBuildProgress _progress;

    public NamedContexts(BuildRequest request, BuildParts parts, IBuildProgress progress)
    {
        _given = request.NamedContexts;
        _temporary = parts.Folders;
        _progress = progress;
        foreach (var (name, context) in _given.Where(c => c.Value.Folder.Length > 0))
        {
            _folders[name] = new ClientFolder(
                request.ClientFiles!.Client, context.Folder, $"[context {name}] load .dockerignore", $"[context {name}] load from client", parts, progress);
        }
    }

    /// <summary>What a name stands for, or null. <c>busybox</c>, <c>busybox:latest</c> and <c>docker.io/library/busybox</c> are one name.</summary>
    public NamedContext? Find(string name) => _given.Count == 0 ? null
        : _given.GetValueOrDefault(name) ?? (ImageReference.TryParse(name, out var reference) ? _given.GetValueOrDefault(Short(reference)) : null);

    /// <summary>The files of a name that stands for some; the tree stays this object's.</summary>
    public async Task<ISourceTree> OpenAsync(NamedContext context, CancellationToken cancellationToken) => context.Repository.Length > 0
        ? await _repositories.GetOrAdd(context.Repository, address => new Lazy<Task<ContextTree>>(() => FetchAsync(address))).Value.WaitAsync(cancellationToken).ConfigureAwait(false)
        : await _folders[_given.First(g => ReferenceEquals(g.Value, context)).Key].OpenAsync(null, cancellationToken).ConfigureAwait(false);

    public void Dispose()
    {
        foreach (var folder in _folders.Values)
        {
            folder.Dispose();
        }

        foreach (var repository in _repositories.Values.Where(r => r.IsValueCreated))
        {
            _ = repository.Value.ContinueWith(static fetched => fetched.Result.Dispose(), CancellationToken.None, TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default);
        }
    }

    /// <summary>Once a build, for all steps that want it.</summary>
    private Task<ContextTree> FetchAsync(string address) => Activity.RunAsync(_progress, $"[context] load git source {address}", () => GitContext.ReadAsync(
        GitAddress.Parse(address), new GitSettings(IsIsolated: true, UsesRemoteHead: true), keepsGitFolder: false, string.Empty, _temporary, CancellationToken.None));

    private static string Short(ImageReference reference) => reference.Tag == ImageReference.DefaultTag ? reference.FamiliarName : reference.Familiar;
}
