using System.Text;
using Gantry.Build.Files;
using Gantry.Dockerfile;
using Gantry.Errors;
using Gantry.Linux;

namespace Gantry.Build.Context;

/// <summary>A context that stays with the build's client: the Dockerfile is read at once, the folder of the files when a step first wants one.</summary>
internal sealed class ClientContext : IBuildContext
{
    private const int MaxIgnoreFile = 16 << 20;
    private const string IgnoreName = ".dockerignore";
    private readonly ClientFiles _files;
    private readonly BuildFolders _folders;
    private readonly IBuildProgress _progress;
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _closing = new();
    private byte[]? _ownIgnore;
    private Task<ISourceTree>? _tree;

    private ClientContext(ClientFiles files, BuildFolders folders, IBuildProgress progress)
    {
        _files = files;
        _folders = folders;
        _progress = progress;
    }

    public string FileName { get; private set; } = string.Empty;

    public byte[] Dockerfile { get; private set; } = [];

    /// <summary>Reads the Dockerfile.</summary>
    /// <exception cref="GantryException">In BuildKit's words.</exception>
    public static async Task<ClientContext> ReadAsync(
        ClientFiles files, string dockerfile, BuildFolders folders, IBuildProgress progress, CancellationToken cancellationToken)
    {
        var context = new ClientContext(files, folders, progress);
        try
        {
            if (files.Upload.Length > 0 && files.DockerfileFolder.Length == 0)
            {
                context.Use(dockerfile, await context.OpenTreeAsync(cancellationToken).ConfigureAwait(false));
            }
            else
            {
                await context.ReadFromClientAsync(dockerfile, cancellationToken).ConfigureAwait(false);
            }

            return context;
        }
        catch
        {
            context.Dispose();
            throw;
        }
    }

    public async Task<ISourceTree?> OpenAsync(CancellationToken cancellationToken) => await OpenTreeAsync(cancellationToken).ConfigureAwait(false);

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

    private Task<ISourceTree> OpenTreeAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            // Shared by all steps: what ends one of them must not end it for the others.
            _tree ??= _files.Upload.Length > 0 ? ReadUploadAsync(_closing.Token) : SyncAsync(_closing.Token);
            return _tree.WaitAsync(cancellationToken);
        }
    }

    private async Task ReadFromClientAsync(string dockerfile, CancellationToken cancellationToken)
    {
        var name = $"[internal] load build definition from {dockerfile}";
        ContextTree? tree = null;
        await RunAsync(name, async () =>
        {
            var lower = GoPath.Join(GoPath.Directory(dockerfile), "dockerfile");
            var request = new FileRequest(_files.DockerfileFolder)
            {
                Follow = [dockerfile, dockerfile + IgnoreName, .. GoPath.Base(dockerfile) == "Dockerfile" ? new[] { lower } : []],
            };
            tree = await ContextSync.OpenAsync(_files.Client, request, new ContextSpool(_folders.Temporary), Transfer(name, "transferring dockerfile:"), cancellationToken)
                .ConfigureAwait(false);
            await tree.FetchAsync([tree.Find(string.Empty)!], _ => false, cancellationToken).ConfigureAwait(false);
        }).ConfigureAwait(false);
        using (tree)
        {
            Use(dockerfile, tree!);
        }
    }

    /// <summary>Takes the Dockerfile, and the ignore file beside it if there is one, from a tree that has them at hand.</summary>
    private void Use(string dockerfile, ISourceTree tree)
    {
        var file = tree.Find(dockerfile);
        if (file is null && GoPath.Base(dockerfile) == "Dockerfile")
        {
            file = tree.Find(GoPath.Join(GoPath.Directory(dockerfile), "dockerfile"));
        }

        if (file is not { Kind: FileKind.File })
        {
            throw GantryException.InvalidArgument($"failed to read dockerfile: open {dockerfile}: no such file or directory");
        }

        if (file.Size > ParsedDockerfile.MaxLength)
        {
            throw GantryException.InvalidArgument($"failed to read dockerfile: {dockerfile} is larger than {ParsedDockerfile.MaxLength} bytes");
        }

        FileName = dockerfile;
        Dockerfile = ReadAll(tree, file);
        _ownIgnore = tree.Find(dockerfile + IgnoreName) is { Kind: FileKind.File, Size: <= MaxIgnoreFile } ignore ? ReadAll(tree, ignore) : null;
    }

    private async Task<ISourceTree> SyncAsync(CancellationToken cancellationToken)
    {
        const string Name = "[internal] load build context";
        var ignore = _ownIgnore ?? await ReadIgnoreAsync(cancellationToken).ConfigureAwait(false);
        ISourceTree? tree = null;
        await RunAsync(Name, async () =>
        {
            var request = new FileRequest(_files.ContextFolder) { Exclude = IgnoreFile.Patterns(Encoding.UTF8.GetString(ignore)) };
            tree = await ContextSync.OpenAsync(_files.Client, request, new ContextSpool(_folders.Temporary), Transfer(Name, "transferring context:"), cancellationToken)
                .ConfigureAwait(false);
        }).ConfigureAwait(false);
        return tree!;
    }

    private async Task<byte[]> ReadIgnoreAsync(CancellationToken cancellationToken)
    {
        const string Name = "[internal] load .dockerignore";
        var content = Array.Empty<byte>();
        await RunAsync(Name, async () =>
        {
            var request = new FileRequest(_files.ContextFolder) { Follow = [IgnoreName] };
            using var tree = await ContextSync.OpenAsync(_files.Client, request, new ContextSpool(_folders.Temporary), Transfer(Name, "transferring context:"), cancellationToken)
                .ConfigureAwait(false);
            if (tree.Find(IgnoreName) is { Kind: FileKind.File, Size: <= MaxIgnoreFile } file)
            {
                await tree.FetchAsync([file], _ => false, cancellationToken).ConfigureAwait(false);
                content = ReadAll(tree, tree.Find(IgnoreName)!);
            }
        }).ConfigureAwait(false);
        return content;
    }

    private async Task<ISourceTree> ReadUploadAsync(CancellationToken cancellationToken)
    {
        ISourceTree? tree = null;
        await RunAsync("[internal] load remote build context", async () =>
        {
            var upload = _files.Client.OpenUpload(_files.Upload, cancellationToken);
            await using (upload.ConfigureAwait(false))
            {
                await upload.EndAsync(cancellationToken).ConfigureAwait(false);
                tree = await TarContext.ReadAsync(new BytesMessageStream(upload), _folders, cancellationToken).ConfigureAwait(false);
            }
        }).ConfigureAwait(false);
        return tree!;
    }

    private async Task RunAsync(string name, Func<Task> work)
    {
        _progress.ActivityStarted(name);
        try
        {
            await work().ConfigureAwait(false);
            _progress.ActivityFinished(name, null);
        }
        catch (Exception e)
        {
            _progress.ActivityFinished(name, e);
            throw;
        }
    }

    private Action<long> Transfer(string activity, string part) => bytes => _progress.ActivityProgress(activity, part, bytes);

    private static byte[] ReadAll(ISourceTree tree, SourceFile file)
    {
        using var stream = tree.OpenRead(file);
        var bytes = new byte[file.Size];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
