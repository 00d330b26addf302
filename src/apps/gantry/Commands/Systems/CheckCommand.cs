using System.Globalization;
using System.Text.Json;
using Gantry.Apps.Cli.CommandLine;
using Gantry.Apps.Cli.Formatting;
using Gantry.Terminal.Units;

namespace Gantry.Apps.Cli.Commands.Systems;

/// <summary>gantry system check, not Docker's: exit code 0 when nothing is wrong any more, 1 when something is.</summary>
internal sealed class CheckCommand(FlagSet flags) : Command
{
    private readonly Flag<bool> _repair = flags.Bool("repair", "Mend what is damaged, with what the images' registries have");

    public override async Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        using var report = JsonDocument.Parse(await cli.Client.CheckStoreAsync(_repair, cancellationToken));
        var left = 0;
        foreach (var problem in report.RootElement.GetProperty("Problems").EnumerateArray())
        {
            var mended = problem.GetProperty("Mended").GetString();
            left += mended is null ? 1 : 0;
            cli.Out.WriteLine($"{problem.GetProperty("Kind").GetString()} {problem.GetProperty("Id").GetString()}: {problem.GetProperty("Problem").GetString()}");
            foreach (var image in problem.GetProperty("Images").EnumerateArray())
            {
                cli.Out.WriteLine($"  needed by image {Shorten.Id(image.GetString())}");
            }

            // An engine before this had none here.
            foreach (var plugin in problem.TryGetProperty("Plugins", out var plugins) ? plugins.EnumerateArray() : default)
            {
                cli.Out.WriteLine($"  needed by plugin {plugin.GetString()}");
            }

            cli.Out.WriteLine(mended is not null ? $"  {mended}" : _repair.Value ? "  not mended" : "  run with --repair to mend it");
        }

        cli.Out.WriteLine(Summary(report.RootElement, left));
        return left == 0 ? 0 : 1;
    }

    private static string Summary(JsonElement report, int left) => string.Create(
        CultureInfo.InvariantCulture,
        $"{report.GetProperty("Images").GetInt32()} images, {report.GetProperty("Layers").GetInt32()} layers and {report.GetProperty("Blobs").GetInt32()} blobs "
        + $"({Sizes.Human(report.GetProperty("Bytes").GetInt64(), 3)}) checked: {(left == 0 ? "nothing is wrong" : $"{left} damaged")}");
}
