using Gantry.Build.Context;
using Gantry.Build.Copying;
using Gantry.Build.Files;
using Gantry.Build.Steps;
using Gantry.Dockerfile;
using Gantry.Errors;
using Gantry.IO.Git;
using Gantry.Oci;

namespace Gantry.Build.Frontend;

internal sealed partial class StageBuilder
{
    private async Task WorkdirAsync(WorkdirInstruction instruction, BuildStep step, CancellationToken cancellationToken)
    {
        if (instruction.Path.Length == 0)
        {
            throw Invalid("cannot normalize nothing");
        }

        var path = Absolute(instruction.Path);
        _draft.Config = _draft.Config with { WorkingDir = path };
        var operation = new WorkdirOperation(path, Style.IsBuildKit ? _draft.Config.User ?? string.Empty : null, _session.Maker);
        if (!await BuildAsync(operation, [], Style.Workdir(_draft.Shell, path), step, cancellationToken).ConfigureAwait(false))
        {
            TellContainer(step);
        }
    }

    private async Task CopyAsync(CopyInstruction instruction, BuildStep step, CancellationToken cancellationToken)
    {
        if (instruction.Sources.Any(RemoteFile.IsUrl))
        {
            throw Invalid(Style.AddressInCopy);
        }

        var spec = Spec(instruction, "COPY") with { KeepOwner = instruction.From.Length > 0, Parents = instruction.Parents };
        if (instruction.From.Length == 0)
        {
            await FromContextAsync(spec, await ContextAsync(spec, cancellationToken).ConfigureAwait(false), instruction, step, cancellationToken).ConfigureAwait(false);
            return;
        }

        if (_session.Named.Find(instruction.From) is { HasFiles: true } folder)
        {
            var tree = await _session.Named.OpenAsync(folder, cancellationToken).ConfigureAwait(false);
            await FromContextAsync(spec with { KeepOwner = false }, tree, instruction, step, cancellationToken).ConfigureAwait(false);
            return;
        }

        var source = await SourceAsync(instruction.From, step, cancellationToken).ConfigureAwait(false);
        var operation = CopyOperation.FromInput(spec, _session.Maker, instruction.Source);
        await BuildAsync(operation, [source], hash => Style.Copy(_draft.Shell, spec, hash), step, cancellationToken).ConfigureAwait(false);
    }

    private async Task AddAsync(AddInstruction instruction, BuildStep step, CancellationToken cancellationToken)
    {
        var spec = Spec(instruction, "ADD") with { Unpack = instruction.Unpack ?? true, UnpackDownloads = instruction.Unpack ?? false };
        var repositories = Style.IsBuildKit ? spec.Sources.Where(GitAddress.IsSource).ToList() : [];
        if (repositories.Count == 1 && spec.Sources.Count == 1 && spec.Inline.Count == 0)
        {
            using var files = await FetchAsync(repositories[0], spec, instruction, cancellationToken).ConfigureAwait(false);
            await FromContextAsync(spec with { Sources = ["/"], Unpack = false }, files, instruction, step, cancellationToken).ConfigureAwait(false);
            return;
        }

        if (repositories.Count > 0)
        {
            throw Invalid("ADD of a repository together with other sources in one instruction is not supported: use one ADD for each");
        }

        if (!string.IsNullOrEmpty(instruction.Checksum))
        {
            CheckPinned(spec);
        }

        var context = await ContextAsync(spec, cancellationToken).ConfigureAwait(false);
        if (context is null || !spec.Sources.Any(RemoteFile.IsUrl))
        {
            await FromContextAsync(spec, context, instruction, step, cancellationToken).ConfigureAwait(false);
            return;
        }

        var downloads = new Dictionary<string, RemoteFile>();
        using var mixed = new MixedTree(context, downloads);
        foreach (var url in spec.Sources.Where(RemoteFile.IsUrl).Distinct())
        {
            downloads.Add(url, await DownloadAsync(url, spec, instruction, cancellationToken).ConfigureAwait(false));
        }

        await FromContextAsync(spec, mixed, instruction, step, cancellationToken).ConfigureAwait(false);
    }

    private static void CheckPinned(CopySpec spec)
    {
        if (spec.Sources.Count + spec.Inline.Count != 1)
        {
            throw Invalid("checksum can't be specified for multiple sources");
        }

        if (!spec.Sources.All(RemoteFile.IsUrl) || spec.Inline.Count > 0)
        {
            throw Invalid("checksum requires HTTP(S) or Git sources");
        }
    }

    /// <summary>Inline files and downloads alone need no context.</summary>
    private async Task<ISourceTree?> ContextAsync(CopySpec spec, CancellationToken cancellationToken) =>
        spec.Sources.All(RemoteFile.IsUrl)
            ? EmptyTree.Instance
            : await _session.Context.OpenAsync(cancellationToken).ConfigureAwait(false);

    private async Task<RemoteFile> DownloadAsync(string url, CopySpec spec, AddInstruction instruction, CancellationToken cancellationToken)
    {
        try
        {
            return await RemoteFile.DownloadAsync(url, spec.Destination, instruction.Checksum, _session.Folders.Temporary, cancellationToken).ConfigureAwait(false);
        }
        catch (GantryException e)
        {
            throw new GantryException(e.Kind, $"{spec.Keyword} failed: {e.Message}", e);
        }
    }

    /// <summary>What is in a repository, for BuildKit's ADD.</summary>
    private async Task<ISourceTree> FetchAsync(string repository, CopySpec spec, AddInstruction instruction, CancellationToken cancellationToken)
    {
        var commit = instruction.Checksum;
        if (commit.Length > 0 && (commit.Length is < 7 or > 64 || !commit.All(char.IsAsciiHexDigit)))
        {
            throw Invalid($"invalid checksum {GoText.Quote(commit)} for a git source: it is a commit's");
        }

        try
        {
            return await GitContext.ReadAsync(
                GitAddress.Parse(repository), new GitSettings(IsIsolated: true, UsesRemoteHead: true), instruction.KeepGitDir, commit, _session.Folders, cancellationToken)
                .ConfigureAwait(false);
        }
        catch (GantryException e)
        {
            throw new GantryException(e.Kind, $"{spec.Keyword} failed: {e.Message}", e);
        }
    }

    private async Task FromContextAsync(CopySpec spec, ISourceTree? tree, Instruction instruction, BuildStep step, CancellationToken cancellationToken)
    {
        tree ??= spec.Sources.Count == 0 ? EmptyTree.Instance : throw Invalid($"{spec.Keyword} failed: missing build context");
        var sources = await CopySources.FindAsync(spec, tree, isContext: true, cancellationToken).ConfigureAwait(false);
        var operation = CopyOperation.FromContext(spec, _session.Maker, tree, sources, instruction.Source);
        await BuildAsync(operation, [], Style.Copy(_draft.Shell, spec, sources.Hash), step, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The file system <c>--from</c> means: an earlier stage by name or number, else an image.</summary>
    private async Task<Digest> SourceAsync(string from, BuildStep step, CancellationToken cancellationToken)
    {
        if (_session.Named.Find(from) is { } named)
        {
            return named.Build is { } build ? (await build.ImageAsync(cancellationToken).ConfigureAwait(false)).ChainId
                : await _session.ImageChainAsync(named.Image, step, cancellationToken).ConfigureAwait(false);
        }

        if (Style.IsBuildKit && from.Equals(_stage.Name, StringComparison.OrdinalIgnoreCase))
        {
            throw Invalid($"circular dependency detected on stage: {from}");
        }

        var stage = StageNames.Find(_session.Dockerfile, _index, from, allowNumber: true, out var error);
        if (error is not null)
        {
            throw Invalid(Style.IsBuildKit ? $"invalid stage index {from}" : $"invalid from flag value {from}: {error}");
        }

        if (stage >= 0)
        {
            return (await _session.StageAsync(stage).WaitAsync(cancellationToken).ConfigureAwait(false)).ChainId;
        }

        return from == "scratch" ? throw Invalid("invalid from flag value scratch: 'scratch' is a reserved name")
            : await _session.ImageChainAsync(from, step, cancellationToken).ConfigureAwait(false);
    }

    private CopySpec Spec(CopyingInstruction instruction, string keyword) => new()
    {
        Keyword = keyword,
        Style = Style,
        Sources = instruction.Sources,
        Destination = Destination(instruction.Destination),
        ShownDestination = instruction.Destination,
        Chown = instruction.Chown,
        Mode = instruction.Chmod.Length == 0 ? null : ModeChange.Parse(instruction.Chmod, mayBeSymbolic: Style.IsBuildKit),
        ShownMode = instruction.Chmod,
        Exclude = instruction.Exclude,
        Inline = instruction.Heredocs.Select(h => (h.Name, h.Text)).ToList(),
    };

    private string Destination(string path) => path.StartsWith('/') ? path
        : GoPath.Join("/", _draft.Config.WorkingDir ?? string.Empty, path) + (path.EndsWith('/') ? "/" : string.Empty);

    private string Absolute(string path) => path.StartsWith('/') ? GoPath.Clean(path) : GoPath.Join("/", _draft.Config.WorkingDir ?? string.Empty, path);
}
