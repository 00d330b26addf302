using Gantry.Errors;
using Gantry.IO.Web;
using Gantry.Linux;

namespace Gantry.IO.Git;

/// <summary>A fetched reference of a repository with its files, in a directory of its own that goes with this object.</summary>
public sealed class GitCheckout : IDisposable
{
    private const string DefaultReference = "master";
    private const string RemoteHead = "HEAD";
    private const int DirectoryMode = 0x1C0;

    private GitCheckout(string root) => Root = Folder = root;

    /// <summary>Where the repository is.</summary>
    public string Root { get; }

    /// <summary>The address's folder: below the root also where it is a link.</summary>
    public string Folder { get; private set; }

    /// <summary>The commit's id.</summary>
    public string Commit { get; private set; } = string.Empty;

    /// <summary>Fetches as little as the server lets us, with the submodules.</summary>
    /// <param name="parent">Where the directory is made.</param>
    /// <param name="settings">For whom.</param>
    /// <exception cref="GantryException">NotFound: no git on this host. Internal: what git or Docker says.</exception>
    public static async Task<GitCheckout> CloneAsync(GitAddress address, string parent, GitSettings settings, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentNullException.ThrowIfNull(settings);
        GitProgram.Check();
        var checkout = new GitCheckout(MakeFolder(parent));
        try
        {
            await checkout.FetchAsync(new GitProgram(settings.IsIsolated), address, settings, cancellationToken).ConfigureAwait(false);
            return checkout;
        }
        catch
        {
            checkout.Dispose();
            throw;
        }
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);

    private async Task FetchAsync(GitProgram git, GitAddress address, GitSettings settings, CancellationToken cancellationToken)
    {
        var reference = address.Reference.Length > 0 ? address.Reference : settings.UsesRemoteHead ? RemoteHead : DefaultReference;
        await git.RunAsync(Root, $"failed to init repo at {Root}", ["init", "--quiet", "--template="], cancellationToken).ConfigureAwait(false);
        await git.RunAsync(Root, $"failed add origin repo at {address.Remote}", ["remote", "add", "--", "origin", address.Remote], cancellationToken).ConfigureAwait(false);
        string[] depth = await IsShallowAsync(address.Remote, cancellationToken).ConfigureAwait(false) ? ["--depth", "1"] : [];
        await git.RunAsync(Root, "error fetching", ["fetch", "--quiet", .. depth, "--end-of-options", "origin", reference], cancellationToken).ConfigureAwait(false);

        // By its name, if that is a branch: then the repository shows it so.
        var (code, output) = await git.TryRunAsync(Root, ["checkout", "--quiet", reference, "--"], cancellationToken).ConfigureAwait(false);
        if (code != 0 && (await git.TryRunAsync(Root, ["checkout", "--quiet", "FETCH_HEAD", "--"], cancellationToken).ConfigureAwait(false)).Code != 0)
        {
            throw GantryException.Internal($"error checking out {reference}: {output}: exit status {code}");
        }

        Commit = (await git.RunAsync(Root, "error checking out", ["rev-parse", "HEAD"], cancellationToken).ConfigureAwait(false)).Trim();
        Folder = FolderOf(address.Folder);
        await git.RunAsync(Root, "error initializing submodules", ["submodule", "--quiet", "update", "--init", "--recursive", "--depth=1"], cancellationToken)
            .ConfigureAwait(false);
    }

    /// <summary>A web server may know the protocol or just have the files; of those everything is fetched.</summary>
    private static async Task<bool> IsShallowAsync(string remote, CancellationToken cancellationToken)
    {
        if (!remote.StartsWith("http://", StringComparison.Ordinal) && !remote.StartsWith("https://", StringComparison.Ordinal))
        {
            return true;
        }

        try
        {
            using var response = await WebDownload.GetAsync($"{remote}/info/refs?service=git-upload-pack", cancellationToken).ConfigureAwait(false);
            return response.Content.Headers.ContentType?.MediaType == "application/x-git-upload-pack-advertisement";
        }
        catch (GantryException)
        {
            // What is wrong git will say better.
            return false;
        }
    }

    /// <summary>Links are followed inside the repository, whose root is theirs.</summary>
    private string FolderOf(string folder)
    {
        if (folder.Length == 0)
        {
            return Root;
        }

        var root = FileAt.OpenDirectory(Root);
        try
        {
            var found = FileAt.TryOpenRooted(root, folder.TrimStart('/'), OpenAtFlags.Path, ResolveFlags.InRoot | ResolveFlags.NoMagicLinks);
            if (found < 0)
            {
                throw GantryException.Internal($"stat {Path.Join(Root, folder)}: {new LinuxException("stat", -found).Message.Split(": ")[^1].ToLowerInvariant()}");
            }

            try
            {
                var path = FileAt.TryReadLink(FileAt.CurrentDirectory, FileAt.DescriptorPath(found), out var target) >= 0 ? target : Root;
                return FileAt.Stat(found).IsDirectory ? path : throw GantryException.Internal($"error setting git context, not a directory: {path}");
            }
            finally
            {
                FileAt.Close(found);
            }
        }
        finally
        {
            FileAt.Close(root);
        }
    }

    private static string MakeFolder(string parent)
    {
        var path = Path.Combine(parent, $"docker-build-git{Random.Shared.NextInt64(1_000_000_000, 9_999_999_999)}");
        return FileAt.TryMakeDirectory(FileAt.CurrentDirectory, path, DirectoryMode) is var result and not 0
            ? throw new LinuxException("mkdir", -result, path).ToGantry("git")
            : path;
    }
}

/// <summary>For whom a repository is fetched.</summary>
/// <param name="IsIsolated">For the engine: no configuration of the host's, no terminal.</param>
/// <param name="UsesRemoteHead">An address without a reference means the remote's own branch, as for BuildKit; otherwise <c>master</c>.</param>
public sealed record GitSettings(bool IsIsolated, bool UsesRemoteHead);
