using Gantry.Apps.Cli.CommandLine;
using Gantry.Apps.Cli.Formatting;
using Gantry.Client.Api;
using Gantry.Terminal.Tty;

namespace Gantry.Apps.Cli.Commands.Images;

/// <summary>docker images.</summary>
internal sealed class ListImagesCommand(FlagSet flags) : Command
{
    private readonly Flag<bool> _all = flags.Bool("all", "Show all images (default hides intermediate images)", 'a');
    private readonly Flag<bool> _digests = flags.Bool("digests", "Show digests");
    private readonly FilterFlag _filter = flags.Filter("Filter output based on conditions provided");
    private readonly Flag<string> _format = flags.String("format", FormatHelp.List);
    private readonly Flag<bool> _noTrunc = flags.Bool("no-trunc", "Don't truncate output");
    private readonly Flag<bool> _quiet = flags.Bool("quiet", "Only show image IDs", 'q');
    private readonly Flag<bool> _tree = flags.Bool("tree", "List multi-platform images as a tree (EXPERIMENTAL)", since: "1.47");

    public override async Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        if (_tree.Value && Unsupported() is { } flag)
        {
            throw new CliException($"--{flag} is not yet supported with --tree", 1);
        }

        var filters = _filter.Filters.Clone();
        if (arguments is [{ Length: > 0 }, ..])
        {
            filters.Add("reference", arguments[0]);
        }

        if (_tree.Value)
        {
            await PrintTreeAsync(cli, filters, cancellationToken);
            return 0;
        }

        var images = await cli.Client.ListImagesAsync(_all, digests: false, sharedSize: false, filters.IsEmpty ? null : filters, cancellationToken);
        var format = Format(cli);
        var showDigests = _digests.Value || (!RowWriter.IsTable(format) && format.Contains(".Digest", StringComparison.Ordinal));
        RowWriter.Write(cli.Out, format, ImageRows.Columns(!_noTrunc.Value), ImageRows.Expand(images, showDigests));
        return 0;
    }

    /// <summary>What docker has no answer to together with a tree, in its words.</summary>
    private string? Unsupported() => _quiet.Value ? "quiet" : _noTrunc.Value ? "no-trunc" : _digests.Value ? "show-digest" : _format.Value.Length > 0 ? "format" : null;

    private async Task PrintTreeAsync(Cli cli, Filters filters, CancellationToken cancellationToken)
    {
        var images = await cli.Client.ListImagesAsync(_all, digests: false, sharedSize: false, filters.IsEmpty ? null : filters, cancellationToken, manifests: true);
        var tree = new ImageTree(TerminalInfo.Width(TerminalInfo.StandardOutput), cli.OutIsTerminal);
        cli.Out.Write(tree.Format(_all.Value ? images : [.. images.Where(i => !ImageTree.IsDangling(i))]));
    }

    private string Format(Cli cli)
    {
        var format = _format.Value.Length > 0 ? _format.Value : _quiet.Value ? "" : cli.Config.Text("imagesFormat") ?? "";
        return format switch
        {
            "" or "table" => _quiet.Value ? "{{.ID}}" : _digests.Value ? ImageRows.TableWithDigest : ImageRows.Table,
            "raw" => _quiet.Value ? "image_id: {{.ID}}" : ImageRows.Raw(_digests),
            _ => format,
        };
    }
}
