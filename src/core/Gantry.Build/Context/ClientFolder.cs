using System.Text;
using Gantry.Build.Files;
using Gantry.Dockerfile;
using Gantry.Linux;

namespace Gantry.Build.Context;

/// <summary>A folder of the build's client, without what its <c>.dockerignore</c> leaves out. Synced when it is first wanted. Dispose it after the build.</summary>
/// <param name="ignoreName">The activity of reading the ignore file, as it is shown.</param>
/// <param name="loadName">The activity of reading the files.</param>
internal sealed class ClientFolder(
    IBuildClient client, string folder, string ignoreName, string loadName, BuildParts parts, IBuildProgress progress) : IDisposable
{
    private const int MaxIgnoreFile = 16 << 20;
    private const string IgnoreName = ".dockerignore";
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _closing = new();
    private Task<ISourceTree>? _tree;

    /// <param name="ignore">An ignore file to use instead of the folder's own; null for that.</param>
    public Task<ISourceTree> OpenAsync(byte[]? ignore, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            // Shared by all steps: what ends one of them must not end it for the others.
            _tree ??= SyncAsync(ignore, _closing.Token);
            return _tree.WaitAsync(cancellationToken);
        }
    }

    public void Dispose()
    {
        Task<ISourceTree>? tree;
        lock (_lock)
        {
            tree = _tree;
        }

        _closing.Cancel();
        tree?.ContinueWith(
            static t =>
            {
                if (t.IsCompletedSuccessfully)
                {
                    t.Result.Dispose();
                }
                else
                {
                    _ = t.Exception;
                }
            },
            CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        _closing.Dispose();
    }

    private async Task<ISourceTree> SyncAsync(byte[]? ignore, CancellationToken cancellationToken)
    {
        ignore ??= await ReadIgnoreAsync(cancellationToken).ConfigureAwait(false);
        return await Activity.RunAsync(progress, loadName, async () =>
        {
            var request = new FileRequest(folder) { Exclude = IgnoreFile.Patterns(Encoding.UTF8.GetString(ignore)) };
            var known = client.SharedKey.Length == 0 ? null : parts.Known.Open($"{client.SharedKey}/{folder}");
            return (ISourceTree)await SyncAsync(request, loadName, known, cancellationToken).ConfigureAwait(false);
        }).ConfigureAwait(false);
    }

    private Task<byte[]> ReadIgnoreAsync(CancellationToken cancellationToken) => Activity.RunAsync(progress, ignoreName, async () =>
    {
        using var tree = await SyncAsync(new FileRequest(folder) { Follow = [IgnoreName] }, ignoreName, null, cancellationToken).ConfigureAwait(false);
        if (tree.Find(IgnoreName) is not { Kind: FileKind.File, Size: <= MaxIgnoreFile } file)
        {
            return [];
        }

        await tree.FetchAsync([file], _ => false, contents: true, cancellationToken).ConfigureAwait(false);
        return ((ISourceTree)tree).ReadAll(IgnoreName);
    });

    private Task<ContextTree> SyncAsync(FileRequest request, string activity, KnownFolder? known, CancellationToken cancellationToken) => ContextSync.OpenAsync(
        client, request, new ContextSpool(parts.Folders.Temporary), bytes => progress.ActivityProgress(activity, "transferring context:", bytes),
        known is null ? null : new ContextMemory(parts.Known, known), cancellationToken);
}
