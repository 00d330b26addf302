using Gantry.Apps.Cli.CommandLine;
using Gantry.Apps.Cli.Configuration;
using Gantry.Apps.Cli.Running;
using Gantry.Errors;
using Gantry.Oci;
using Gantry.Terminal.Tty;

namespace Gantry.Apps.Cli.Commands.Plugins;

/// <summary>docker plugin install.</summary>
internal sealed class InstallPluginCommand(FlagSet flags) : Command
{
    private readonly Flag<string> _alias = flags.String("alias", "Local name for plugin");
    private readonly Flag<bool> _disable = flags.Bool("disable", "Do not enable the plugin on install");
    private readonly Flag<bool> _noTrust = flags.Bool("disable-content-trust", "Skip image verification", value: true);
    private readonly Flag<bool> _grantAll = flags.Bool("grant-all-permissions", "Grant all permissions necessary to run the plugin");

    public override async Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        ContentTrust.Check(_noTrust);
        var local = LocalName();
        var reference = ImageReference.Parse(arguments[0]);
        var auth = await new CredentialStore(cli.Config).HeaderAsync(reference, cancellationToken);
        try
        {
            var privileges = await PluginGrant.AskAsync(cli, reference.ToString(), arguments[0], _grantAll, auth, cancellationToken);
            string name;
            using (var response = await cli.Client.PullPluginAsync(reference.ToString(), local, privileges, auth, cancellationToken))
            {
                name = response.Head["Docker-Plugin-Name"] ?? local ?? reference.WithDefaultTag().Familiar;
                await ImagePuller.ShowAsync(response, cli.Out, TerminalInfo.StandardOutput, null, cancellationToken);
            }

            if (arguments.Count > 1)
            {
                await SetPluginCommand.SetAsync(cli, name, arguments.Skip(1), cancellationToken);
            }

            if (!_disable.Value)
            {
                await cli.Client.CallRawAsync("POST", $"/plugins/{Uri.EscapeDataString(name)}/enable?timeout=0", cancellationToken);
            }
        }
        catch (GantryException e) when (e.Message.Contains("(image) when fetching", StringComparison.Ordinal))
        {
            throw new CliException(e.Message + " - Use \"docker image pull\"", 1);
        }

        cli.Out.WriteLine("Installed plugin " + arguments[0]);
        return 0;
    }

    private string? LocalName()
    {
        if (_alias.Value.Length == 0)
        {
            return null;
        }

        var alias = ImageReference.Parse(_alias.Value);
        return alias.Digest.IsEmpty ? alias.WithDefaultTag().Familiar : throw new CliException($"invalid name: {_alias.Value}", 1);
    }
}
