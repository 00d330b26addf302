using System.Globalization;
using Gantry.Api;
using Gantry.Apps.Cli.CommandLine;
using Gantry.Apps.Cli.Formatting;
using Gantry.Apps.Cli.Running;
using Gantry.Errors;
using Gantry.Oci;
using Gantry.Terminal.Units;

namespace Gantry.Apps.Cli.Commands.Images;

/// <summary>docker tag.</summary>
internal sealed class TagCommand : Command
{
    public override async Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var target = Parse(arguments[1]);
        await cli.Client.TagImageAsync(arguments[0], target.Name, target.Tag!, cancellationToken);
        return 0;
    }

    private static ImageReference Parse(string text)
    {
        try
        {
            var target = ImageReference.Parse(text);
            return target.Digest.IsEmpty ? target.WithDefaultTag() : throw new CliException("refusing to create a tag with a digest reference", 1);
        }
        catch (GantryException e)
        {
            throw GantryException.InvalidArgument($"Error parsing reference: {Quoting.Quote(text)} is not a valid repository/tag: {e.Message}", e);
        }
    }
}

/// <summary>docker rmi.</summary>
internal sealed class RemoveImageCommand(FlagSet flags) : Command
{
    private readonly Flag<bool> _force = flags.Bool("force", "Force removal of the image", 'f');
    private readonly Flag<bool> _noPrune = flags.Bool("no-prune", "Do not delete untagged parents");
    private readonly ListFlag<string> _platforms = flags.Strings(
        "platform", "Remove only the given platform variant. Formatted as \"os[/arch[/variant]]\" (e.g., \"linux/amd64\")", since: "1.50");

    public override async Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var platforms = _platforms.Values.Select(p => Platforms.ToJson(p)!).ToList();
        var failures = new List<string>();
        var fatal = false;
        foreach (var image in arguments)
        {
            try
            {
                Print(cli, await cli.Client.RemoveImageAsync(image, _force, _noPrune, platforms, cancellationToken));
            }
            catch (GantryException e)
            {
                fatal |= e.Kind != ErrorKind.NotFound;
                failures.Add(e.Message);
            }
        }

        if (failures.Count > 0 && (fatal || !_force.Value))
        {
            throw new CliException(string.Join('\n', failures), 1);
        }

        failures.ForEach(cli.Error.WriteLine);
        return 0;
    }

    private static void Print(Cli cli, List<ImageDeleteResponseItem> items)
    {
        foreach (var item in items)
        {
            cli.Out.WriteLine(string.IsNullOrEmpty(item.Deleted) ? $"Untagged: {item.Untagged}" : $"Deleted: {item.Deleted}");
        }
    }
}

/// <summary>docker history.</summary>
internal sealed class HistoryCommand(FlagSet flags) : Command
{
    private const string Table = "table {{.ID}}\t{{.CreatedSince}}\t{{.CreatedBy}}\t{{.Size}}\t{{.Comment}}";
    private const string PlainTable = "table {{.ID}}\t{{.CreatedAt}}\t{{.CreatedBy}}\t{{.Size}}\t{{.Comment}}";
    private const int CreatedByWidth = 45;

    private readonly Flag<string> _format = flags.String("format", FormatHelp.List);
    private readonly Flag<bool> _human = flags.Bool("human", "Print sizes and dates in human readable format", 'H', value: true);
    private readonly Flag<bool> _noTrunc = flags.Bool("no-trunc", "Don't truncate output");
    private readonly Flag<string> _platform = flags.String("platform", "Show history for the given platform. Formatted as \"os[/arch[/variant]]\" (e.g., \"linux/amd64\")", since: "1.48");
    private readonly Flag<bool> _quiet = flags.Bool("quiet", "Only show image IDs", 'q');

    public override async Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var history = await cli.Client.ImageHistoryAsync(arguments[0], Platforms.ToJson(_platform, "invalid platform: "), cancellationToken);
        var format = _format.Value is "" or "table" ? _quiet.Value ? "{{.ID}}" : _human.Value ? Table : PlainTable : _format.Value;
        RowWriter.Write(cli.Out, format, Columns(), history);
        return 0;
    }

    private Columns<ImageHistoryItem> Columns() => new(
        "*image.historyContext",
        [
            new("ID", "IMAGE", h => _noTrunc.Value ? h.Id ?? "" : Shorten.Id(h.Id)),
            new("CreatedAt", "CREATED AT", h => h.Created is null or <= 0 ? "" : Time(h).ToLocalTime().ToString("yyyy-MM-ddTHH:mm:ssK", CultureInfo.InvariantCulture).Replace("+00:00", "Z", StringComparison.Ordinal)),
            new("CreatedSince", "CREATED", h => h.Created is null or <= 0 ? "N/A" : _human.Value ? Shorten.Ago(Time(h)) : Time(h).ToLocalTime().ToString("yyyy-MM-ddTHH:mm:ssK", CultureInfo.InvariantCulture).Replace("+00:00", "Z", StringComparison.Ordinal)),
            new("CreatedBy", "CREATED BY", h => CreatedBy(h)),
            new("Size", "SIZE", h => _human.Value ? Sizes.Human(h.Size ?? 0, 3) : (h.Size ?? 0).ToString(CultureInfo.InvariantCulture)),
            new("Comment", "COMMENT", h => h.Comment ?? ""),
        ]);

    private static DateTimeOffset Time(ImageHistoryItem item) => DateTimeOffset.FromUnixTimeSeconds(item.Created ?? 0);

    private string CreatedBy(ImageHistoryItem item)
    {
        var text = (item.CreatedBy ?? "").Replace('\t', ' ');
        return _noTrunc.Value ? text : Shorten.Ellipsis(text, CreatedByWidth);
    }
}

/// <summary>docker search.</summary>
internal sealed class SearchCommand(FlagSet flags) : Command
{
    private const string Table = "table {{.Name}}\t{{.Description}}\t{{.StarCount}}\t{{.IsOfficial}}";
    private const int DescriptionWidth = 45;

    private readonly FilterFlag _filter = flags.Filter("Filter output based on conditions provided");
    private readonly Flag<string> _format = flags.String("format", "Pretty-print search using a Go template");
    private readonly Flag<long> _limit = flags.Int("limit", "Max number of search results");
    private readonly Flag<bool> _noTrunc = flags.Bool("no-trunc", "Don't truncate output");

    public override async Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var reference = ImageReference.TryParse(arguments[0], out var parsed) ? parsed : null;
        var server = Configuration.CredentialStore.ServerOf(reference?.Domain ?? ImageReference.DefaultDomain);
        var auth = await new Configuration.CredentialStore(cli.Config).HeaderForServerAsync(server, cancellationToken);
        var filters = _filter.Filters;
        var results = await cli.Client.SearchImagesAsync(arguments[0], _limit.Value == 0 ? null : _limit.Value, filters.IsEmpty ? null : filters, auth, cancellationToken);
        RowWriter.Write(cli.Out, _format.Value is "" or "table" ? Table : _format.Value, Columns(), results);
        return 0;
    }

    private Columns<ImageSearchResult> Columns() => new(
        "*registry.searchContext",
        [
            new("Name", "NAME", r => r.Name ?? ""),
            new("Description", "DESCRIPTION", r => Description(r.Description)),
            new("StarCount", "STARS", r => (r.StarCount ?? 0).ToString(CultureInfo.InvariantCulture)),
            new("IsOfficial", "OFFICIAL", r => r.IsOfficial == true ? "[OK]" : ""),
            new("IsAutomated", "AUTOMATED", _ => ""),
        ]);

    private string Description(string? text)
    {
        var line = (text ?? "").Replace('\n', ' ').Replace('\r', ' ');
        return _noTrunc.Value ? line : Shorten.Ellipsis(line, DescriptionWidth);
    }
}
