using Gantry.Build.Files;
using Gantry.Dockerfile;
using Gantry.Errors;
using Gantry.IO.Git;
using Gantry.Linux;
using Microsoft.Win32.SafeHandles;

namespace Gantry.Build.Context;

/// <summary>Opens a request's context and finds its Dockerfile.</summary>
internal sealed class ContextLoader(BuildParts parts)
{
    private const int MaxIgnoreFile = 16 << 20;
    private const string DockerfileName = "Dockerfile";
    private const string IgnoreName = ".dockerignore";

    public async Task<IBuildContext> LoadAsync(BuildRequest request, IBuildProgress progress, CancellationToken cancellationToken)
    {
        var path = GoPath.Clean(request.Dockerfile.Length == 0 ? DockerfileName : request.Dockerfile);
        if (request.ClientFiles is { HasContext: true } files)
        {
            return await ClientContext.ReadAsync(files, path, parts, progress, cancellationToken).ConfigureAwait(false);
        }

        if (request.ContextDirectory is null && (path == ".." || path.StartsWith("../", StringComparison.Ordinal)))
        {
            throw GantryException.Internal($"forbidden path outside the build context: {request.Dockerfile} ()");
        }

        var tree = await OpenAsync(request, progress, cancellationToken).ConfigureAwait(false);
        try
        {
            // A URL that leads to a Dockerfile is one whatever the request calls it.
            path = tree is ContextTree { IsLoneDockerfile: true } ? DockerfileName : path;
            var dockerfile = ReadDockerfile(tree, path);
            if (tree is ContextTree context)
            {
                HideIgnored(context, GoPath.Inside(path));
            }

            return new LoadedContext(tree, path, dockerfile);
        }
        catch
        {
            tree.Dispose();
            throw;
        }
    }

    private async Task<ISourceTree> OpenAsync(BuildRequest request, IBuildProgress progress, CancellationToken cancellationToken)
    {
        if (request.ContextDirectory is { } directory)
        {
            return OpenDirectory(directory);
        }

        if (request.Remote is { Length: > 0 } remote)
        {
            return await OpenRemoteAsync(request, remote, progress, cancellationToken).ConfigureAwait(false);
        }

        return await TarContext.ReadAsync(request.ContextTar ?? throw GantryException.InvalidArgument("the build has no context"), parts.Folders, cancellationToken)
            .ConfigureAwait(false);
    }

    /// <summary>A URL is a repository, a tar, or a lone Dockerfile.</summary>
    private async Task<ISourceTree> OpenRemoteAsync(BuildRequest request, string remote, IBuildProgress progress, CancellationToken cancellationToken)
    {
        if (GitAddress.IsGit(remote) || (request.Style == BuildStyle.BuildKit && GitAddress.IsSource(remote)))
        {
            return await OpenRepositoryAsync(request, remote, progress, cancellationToken).ConfigureAwait(false);
        }

        if (!RemoteFile.IsUrl(remote))
        {
            throw GantryException.Internal($"remoteURL ({remote}) could not be recognized as URL");
        }

        using var file = await DownloadAsync(remote, cancellationToken).ConfigureAwait(false);
        var content = file.FindDownload(remote)!;
        await using (var probe = file.OpenRead(content))
        {
            if (request.Style == BuildStyle.Classic ? !await IsDockerfileAsync(remote, file, probe, cancellationToken).ConfigureAwait(false)
                : await Copying.ArchiveExtractor.IsArchiveAsync(probe, cancellationToken).ConfigureAwait(false))
            {
                await using var tar = file.OpenRead(content);
                return await TarContext.ReadAsync(tar, parts.Folders, cancellationToken).ConfigureAwait(false);
            }
        }

        if (content.Size > ParsedDockerfile.MaxLength)
        {
            throw GantryException.InvalidArgument($"{remote} is neither a tar archive nor a Dockerfile");
        }

        await using var text = file.OpenRead(content);
        return await LoneDockerfileAsync(text, cancellationToken).ConfigureAwait(false);
    }

    private static async Task<bool> IsDockerfileAsync(string remote, RemoteFile file, Stream content, CancellationToken cancellationToken)
    {
        var head = new byte[RemoteContent.HeadSize];
        var length = await content.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        return RemoteContent.IsDockerfile(remote, file.ContentType, head.AsSpan(0, length));
    }

    private Task<ContextTree> OpenRepositoryAsync(BuildRequest request, string remote, IBuildProgress progress, CancellationToken cancellationToken)
    {
        var isBuildKit = request.Style == BuildStyle.BuildKit;
        var keepsGitFolder = !isBuildKit || request.BuildArguments.GetValueOrDefault("BUILDKIT_CONTEXT_KEEP_GIT_DIR") is "1" or "true";
        var settings = new GitSettings(IsIsolated: true, UsesRemoteHead: isBuildKit);
        return Activity.RunAsync(
            progress,
            $"[internal] load git source {remote}",
            () => GitContext.ReadAsync(GitAddress.Parse(remote), settings, keepsGitFolder, string.Empty, parts.Folders, cancellationToken));
    }

    private async Task<RemoteFile> DownloadAsync(string remote, CancellationToken cancellationToken)
    {
        try
        {
            return await RemoteFile.DownloadAsync(remote, DockerfileName, string.Empty, parts.Folders.Temporary, cancellationToken).ConfigureAwait(false);
        }
        catch (GantryException e)
        {
            throw new GantryException(e.Kind, $"error downloading remote context {remote}: {e.Message}", e);
        }
    }

    private async Task<ISourceTree> LoneDockerfileAsync(Stream text, CancellationToken cancellationToken)
    {
        var content = new MemoryStream();
        await text.CopyToAsync(content, cancellationToken).ConfigureAwait(false);
        var spool = new ContextSpool(parts.Folders.Temporary);
        spool.Append(content.GetBuffer().AsSpan(0, (int)content.Length));
        spool.Flush();
        var root = ContextNode.Directory();
        root.Children![DockerfileName] = new ContextNode { Kind = FileKind.File, Mode = 0x1a4, Size = content.Length, Hash = new byte[32] };
        return new ContextTree(root, spool) { IsLoneDockerfile = true };
    }

    private static DirectoryTree OpenDirectory(string directory)
    {
        var handle = new SafeFileHandle(FileAt.OpenDirectory(directory), ownsHandle: true);
        var plain = new DirectoryTree(handle, handle);
        return new DirectoryTree(handle, handle, Ignore(plain) ?? IgnoreFile.Empty);
    }

    private static byte[] ReadDockerfile(ISourceTree tree, string path)
    {
        var file = tree.Find(path);
        if (file is null && path == DockerfileName)
        {
            file = tree.Find("dockerfile");
        }

        if (file is not { Kind: FileKind.File })
        {
            throw GantryException.Internal($"Cannot locate specified Dockerfile: {path}");
        }

        return file.Size switch
        {
            0 => throw GantryException.InvalidArgument($"the Dockerfile ({path}) cannot be empty"),
            > ParsedDockerfile.MaxLength => throw GantryException.InvalidArgument($"the Dockerfile ({path}) is larger than {ParsedDockerfile.MaxLength} bytes"),
            _ => tree.ReadAll(file.Path),
        };
    }

    /// <summary>
    /// Clients leave ignored files out before they send; only the Dockerfile and the ignore file always come along and are taken out here
    /// when a pattern says so (moby, builder/remotecontext).
    /// </summary>
    private static void HideIgnored(ContextTree tree, string dockerfile)
    {
        if (Ignore(tree) is not { } ignore)
        {
            return;
        }

        foreach (var path in new[] { dockerfile, IgnoreName })
        {
            if (ignore.IsIgnored(path))
            {
                tree.Remove(path);
            }
        }
    }

    private static IgnoreFile? Ignore(ISourceTree tree) => tree.Find(IgnoreName) is { Kind: FileKind.File, Size: <= MaxIgnoreFile } file
        ? IgnoreFile.Parse(System.Text.Encoding.UTF8.GetString(tree.ReadAll(file.Path))) : null;
}

/// <summary>A context that is here, with its Dockerfile's text.</summary>
internal sealed record LoadedContext(ISourceTree Tree, string FileName, byte[] Dockerfile) : IBuildContext
{
    public Task<ISourceTree?> OpenAsync(CancellationToken cancellationToken) => Task.FromResult<ISourceTree?>(Tree);

    public void Dispose() => Tree.Dispose();
}
