using System.Text;
using Gantry.Apps.Cli.CommandLine;

namespace Gantry.Apps.Cli.Commands.Completion;

/// <summary><c>completion SHELL</c>: prints a script that has the shell ask <c>__complete</c>.</summary>
/// <param name="shell">The name of the script among the resources.</param>
internal sealed class CompletionCommand(string shell) : Command
{
    public override async Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        using var resource = typeof(CompletionCommand).Assembly.GetManifestResourceStream($"completion.{shell}")!;
        using var reader = new StreamReader(resource, Encoding.UTF8);
        cli.Out.Write((await reader.ReadToEndAsync(cancellationToken)).Replace("{program}", cli.Program, StringComparison.Ordinal));
        return 0;
    }
}
