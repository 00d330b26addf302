using Gantry.Apps.Cli.CommandLine;
using Gantry.Apps.Cli.Formatting;

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
        if (_tree.Value)
        {
            throw new CliException("--tree is not implemented yet", 1);
        }

        var filters = _filter.Filters.Clone();
        if (arguments.Count > 0)
        {
            filters.Add("reference", arguments[0]);
        }

        var images = await cli.Client.ListImagesAsync(_all, digests: false, sharedSize: false, filters.IsEmpty ? null : filters, cancellationToken);
        var format = Format(cli);
        var showDigests = _digests.Value || (!RowWriter.IsTable(format) && format.Contains(".Digest", StringComparison.Ordinal));
        RowWriter.Write(cli.Out, format, ImageRows.Columns(!_noTrunc.Value), ImageRows.Expand(images, showDigests));
        return 0;
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
