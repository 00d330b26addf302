using Gantry.Apps.Cli.CommandLine;
using Gantry.Apps.Cli.Configuration;
using Gantry.Apps.Cli.Running;
using Gantry.Oci;
using Gantry.Terminal.Tty;

namespace Gantry.Apps.Cli.Commands.Plugins;

/// <summary>docker plugin push.</summary>
internal sealed class PushPluginCommand(FlagSet flags) : Command
{
    private readonly Flag<bool> _noTrust = flags.Bool("disable-content-trust", "Skip image signing", value: true);

    public override async Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        ContentTrust.Check(_noTrust);
        var reference = ImageReference.Parse(arguments[0]);
        if (!reference.Digest.IsEmpty)
        {
            throw new CliException($"invalid name: {arguments[0]}", 1);
        }

        var auth = await new CredentialStore(cli.Config).HeaderAsync(reference, cancellationToken);
        using var response = await cli.Client.PushPluginAsync(reference.WithDefaultTag().Familiar, auth, cancellationToken);
        await ImagePuller.ShowAsync(response, cli.Out, TerminalInfo.StandardOutput, null, cancellationToken);
        return 0;
    }
}
