using Gantry.Apps.Cli.CommandLine;

namespace Gantry.Apps.Cli.Commands.Trust;

/// <summary>docker trust: says that it isn't there. Docker Content Trust's notary service is being retired.</summary>
internal sealed class TrustCommand(string path) : Command
{
    public override Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
        throw new CliException($"{cli.Program} {path}: Docker Content Trust is not implemented; images can be neither signed nor verified", 1);
}
