using Gantry.Apps.Cli.CommandLine;
using Gantry.Apps.Cli.Manifests;
using Gantry.Errors;

namespace Gantry.Apps.Cli.Commands.Manifests;

/// <summary>docker manifest rm.</summary>
internal sealed class RemoveManifestListsCommand : Command
{
    public override Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var store = new ManifestStore(cli.Config.Folder);
        var failures = new List<string>();
        foreach (var argument in arguments)
        {
            try
            {
                var list = ManifestNames.Parse(argument);
                _ = store.GetList(list);
                store.Remove(list);
            }
            catch (GantryException e)
            {
                failures.Add(e.Message);
            }
        }

        return failures.Count == 0 ? Task.FromResult(0) : throw new CliException(string.Join('\n', failures), 1);
    }
}
