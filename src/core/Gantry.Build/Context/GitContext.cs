using System.IO.Pipelines;
using Gantry.IO.Git;
using Gantry.IO.Tar;
using Gantry.IO.Trees;
using Gantry.Linux;

namespace Gantry.Build.Context;

/// <summary>The files of a repository as a context: fetched, packed, read like any tar, and gone from the disk.</summary>
internal static class GitContext
{
    private const string GitFolder = ".git";

    /// <param name="settings">For whom the repository is fetched.</param>
    /// <param name="keepsGitFolder">With <c>.git</c>, which the classic builder has always, BuildKit when asked to.</param>
    /// <param name="commit">What the commit's id has to begin with, or empty.</param>
    /// <exception cref="Errors.GantryException">In Docker's words.</exception>
    public static async Task<ContextTree> ReadAsync(
        GitAddress address, GitSettings settings, bool keepsGitFolder, string commit, BuildFolders folders, CancellationToken cancellationToken)
    {
        using var checkout = await GitCheckout.CloneAsync(address, folders.Temporary, settings, cancellationToken).ConfigureAwait(false);
        if (!checkout.Commit.StartsWith(commit, StringComparison.OrdinalIgnoreCase))
        {
            throw Errors.GantryException.DataCorrupt($"expected checksum to match {commit}, got {checkout.Commit}");
        }

        var pipe = new Pipe();
        var packing = PackAsync(checkout.Folder, keepsGitFolder, pipe.Writer, cancellationToken);
        try
        {
            return await TarContext.ReadAsync(pipe.Reader.AsStream(), folders, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            await pipe.Reader.CompleteAsync().ConfigureAwait(false);
            await packing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static async Task PackAsync(string folder, bool keepsGitFolder, PipeWriter target, CancellationToken cancellationToken)
    {
        Exception? failure = null;
        var root = FileAt.OpenDirectory(folder);
        try
        {
            await using var stream = target.AsStream(leaveOpen: true);
            using var tar = new TarWriter(stream);
            await TreePacker.PackAsync(root, tar, Options(keepsGitFolder), cancellationToken).ConfigureAwait(false);
            await tar.CompleteAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            failure = e;
            throw;
        }
        finally
        {
            FileAt.Close(root);
            await target.CompleteAsync(failure).ConfigureAwait(false);
        }
    }

    private static TreePackerOptions Options(bool keepsGitFolder) => new()
    {
        Map = static entry => entry with { UserId = 0, GroupId = 0 },
        Include = keepsGitFolder ? null : static path => path != GitFolder,
    };
}
