using System.Text.Json;
using Gantry.Apps.Cli.CommandLine;
using Gantry.Apps.Cli.Configuration;
using Gantry.Apps.Cli.Running;
using Gantry.Errors;
using Gantry.Oci;
using Gantry.Terminal.Tty;

namespace Gantry.Apps.Cli.Commands.Plugins;

/// <summary>docker plugin upgrade.</summary>
internal sealed class UpgradePluginCommand(FlagSet flags) : Command
{
    private readonly Flag<bool> _noTrust = flags.Bool("disable-content-trust", "Skip image verification", value: true);
    private readonly Flag<bool> _grantAll = flags.Bool("grant-all-permissions", "Grant all permissions necessary to run the plugin");
    private readonly Flag<bool> _skipCheck = flags.Bool("skip-remote-check", "Do not check if specified remote plugin matches existing plugin image");

    public override async Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        ContentTrust.Check(_noTrust);
        var (name, before) = await FindAsync(cli, arguments[0], cancellationToken);
        var given = arguments.Count > 1 ? arguments[1] : before;
        var remote = Parse(given, "error parsing remote upgrade image reference");
        var old = Parse(before, "error parsing current image reference");
        cli.Out.WriteLine($"Upgrading plugin {name} from {old.Familiar} to {remote.Familiar}");
        cli.Out.Flush();
        if (!_skipCheck.Value && remote != old && !PluginGrant.Confirm(cli, "Plugin images do not match, are you sure?"))
        {
            return 0;
        }

        var auth = await new CredentialStore(cli.Config).HeaderAsync(remote, cancellationToken);
        try
        {
            var privileges = await PluginGrant.AskAsync(cli, remote.ToString(), given, _grantAll, auth, cancellationToken);
            using var response = await cli.Client.UpgradePluginAsync(name, remote.ToString(), privileges, auth, cancellationToken);
            await ImagePuller.ShowAsync(response, cli.Out, TerminalInfo.StandardOutput, null, cancellationToken);
        }
        catch (GantryException e) when (e.Message.Contains("target is image", StringComparison.Ordinal))
        {
            throw new CliException(e.Message + " - Use `docker image pull`", 1);
        }

        cli.Out.WriteLine($"Upgraded plugin {name} to {given}");
        return 0;
    }

    /// <summary>The plugin's name here and where it came from.</summary>
    private static async Task<(string Name, string Reference)> FindAsync(Cli cli, string plugin, CancellationToken cancellationToken)
    {
        try
        {
            using var found = JsonDocument.Parse(await cli.Client.GetRawAsync($"/plugins/{Uri.EscapeDataString(plugin)}/json", cancellationToken));
            return found.RootElement.GetProperty("Enabled").GetBoolean()
                ? throw new CliException("the plugin must be disabled before upgrading", 1)
                : (found.RootElement.GetProperty("Name").GetString()!, found.RootElement.GetProperty("PluginReference").GetString()!);
        }
        catch (GantryException e)
        {
            throw new CliException($"error reading plugin data: {e.Message}", 1);
        }
    }

    private static ImageReference Parse(string text, string what)
    {
        try
        {
            return ImageReference.Parse(text).WithDefaultTag();
        }
        catch (GantryException e)
        {
            throw new CliException($"{what}: {e.Message}", 1);
        }
    }
}
