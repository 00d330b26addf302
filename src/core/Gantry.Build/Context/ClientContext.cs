using Gantry.Build.Files;
using Gantry.Dockerfile;
using Gantry.Errors;
using Gantry.Linux;

namespace Gantry.Build.Context;

/// <summary>A context that stays with the build's client: the Dockerfile is read at once, the folder of the files when a step first wants one.</summary>
internal sealed class ClientContext : IBuildContext
{
    private const string IgnoreSuffix = ".dockerignore";
    private const int MaxIgnoreFile = 16 << 20;
    private readonly ClientFiles _files;
    private readonly BuildParts _parts;
    private readonly IBuildProgress _progress;
    private readonly ClientFolder _folder;
    private byte[]? _ownIgnore;
    private ISourceTree? _upload;

    private ClientContext(ClientFiles files, BuildParts parts, IBuildProgress progress)
    {
        _files = files;
        _parts = parts;
        _progress = progress;
        _folder = new ClientFolder(files.Client, files.ContextFolder, "[internal] load .dockerignore", "[internal] load build context", parts, progress);
    }

    public string FileName { get; private set; } = string.Empty;

    public byte[] Dockerfile { get; private set; } = [];

    /// <summary>Reads the Dockerfile, and the context where that comes as a tar.</summary>
    /// <exception cref="GantryException">In BuildKit's words.</exception>
    public static async Task<ClientContext> ReadAsync(
        ClientFiles files, string dockerfile, BuildParts parts, IBuildProgress progress, CancellationToken cancellationToken)
    {
        var context = new ClientContext(files, parts, progress);
        try
        {
            context._upload = files.Upload.Length > 0 ? await context.ReadUploadAsync(cancellationToken).ConfigureAwait(false) : null;
            if (context._upload is { } tree && files.DockerfileFolder.Length == 0)
            {
                context.Use(dockerfile, tree);
            }
            else
            {
                using var beside = await context.ReadDockerfileAsync(dockerfile, cancellationToken).ConfigureAwait(false);
                context.Use(dockerfile, beside);
            }

            return context;
        }
        catch
        {
            context.Dispose();
            throw;
        }
    }

    public async Task<ISourceTree?> OpenAsync(CancellationToken cancellationToken) =>
        _upload ?? await _folder.OpenAsync(_ownIgnore, cancellationToken).ConfigureAwait(false);

    public void Dispose()
    {
        _folder.Dispose();
        _upload?.Dispose();
    }

    /// <summary>The Dockerfile and what may lie beside it, contents at hand.</summary>
    private Task<ContextTree> ReadDockerfileAsync(string dockerfile, CancellationToken cancellationToken)
    {
        var name = $"[internal] load build definition from {dockerfile}";
        return Activity.RunAsync(_progress, name, async () =>
        {
            var request = new FileRequest(_files.DockerfileFolder) { Follow = [dockerfile, dockerfile + IgnoreSuffix, .. LowerCase(dockerfile)] };
            var tree = await ContextSync.OpenAsync(
                _files.Client, request, new ContextSpool(_parts.Folders.Temporary), bytes => _progress.ActivityProgress(name, "transferring dockerfile:", bytes), null, cancellationToken)
                .ConfigureAwait(false);
            try
            {
                await tree.FetchAsync([tree.Find(string.Empty)!], _ => false, contents: true, cancellationToken).ConfigureAwait(false);
                return tree;
            }
            catch
            {
                tree.Dispose();
                throw;
            }
        });
    }

    private static IEnumerable<string> LowerCase(string dockerfile) =>
        GoPath.Base(dockerfile) == "Dockerfile" ? [GoPath.Join(GoPath.Directory(dockerfile), "dockerfile")] : [];

    /// <summary>Takes the Dockerfile, and the ignore file beside it if there is one, from a tree that has them at hand.</summary>
    private void Use(string dockerfile, ISourceTree tree)
    {
        var path = LowerCase(dockerfile).Prepend(dockerfile).FirstOrDefault(p => tree.Find(p) is { Kind: FileKind.File })
            ?? throw GantryException.InvalidArgument($"failed to read dockerfile: open {dockerfile}: no such file or directory");
        if (tree.Find(path)!.Size > ParsedDockerfile.MaxLength)
        {
            throw GantryException.InvalidArgument($"failed to read dockerfile: {dockerfile} is larger than {ParsedDockerfile.MaxLength} bytes");
        }

        FileName = dockerfile;
        Dockerfile = tree.ReadAll(path);
        _ownIgnore = tree.Find(dockerfile + IgnoreSuffix) is { Kind: FileKind.File, Size: <= MaxIgnoreFile } ? tree.ReadAll(dockerfile + IgnoreSuffix) : null;
    }

    private Task<ContextTree> ReadUploadAsync(CancellationToken cancellationToken) => Activity.RunAsync(_progress, "[internal] load remote build context", async () =>
    {
        var upload = _files.Client.OpenUpload(_files.Upload, cancellationToken);
        await using (upload.ConfigureAwait(false))
        {
            await upload.EndAsync(cancellationToken).ConfigureAwait(false);
            return await TarContext.ReadAsync(new BytesMessageStream(upload), _parts.Folders, cancellationToken).ConfigureAwait(false);
        }
    });
}
