using Gantry.Apps.Cli.CommandLine;
using Gantry.Apps.Cli.Running;
using Gantry.Errors;

namespace Gantry.Apps.Cli.Commands.Containers;

/// <summary>docker create.</summary>
internal sealed class CreateCommand(FlagSet flags) : Command
{
    private readonly ContainerFlags _container = new(flags);
    private readonly CreateFlags _create = new(flags, "creating");

    public override async Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        Api.ContainerCreateRequest request;
        try
        {
            _create.Check();
            request = ContainerRequests.Build(_container, arguments[0], [.. arguments.Skip(1)], cli);
        }
        catch (GantryException e) when (e.Kind is ErrorKind.InvalidArgument)
        {
            throw RunErrors.WithHelp(cli, e);
        }

        cli.Out.WriteLine(await new ContainerCreator(cli, _create, _container.IdFile).CreateAsync(request, cancellationToken));
        return 0;
    }
}

/// <summary>Exit codes and texts of run and create.</summary>
internal static class RunErrors
{
    private const int Failure = 125;
    private const int CantInvoke = 126;
    private const int NotFound = 127;

    /// <summary>The message with the program's name before and the hint at help behind it.</summary>
    public static CliException WithHelp(Cli cli, Exception e, int code = Failure) =>
        new($"{cli.Program}: {e.Message}\n\nRun '{cli.Program} {cli.Path.Words[^1]} --help' for more information", code);

    /// <summary>A container that could not be made or started: 127 where its program isn't there, 126 where it can't be executed.</summary>
    public static CliException Start(Cli cli, GantryException e)
    {
        var message = e.Message;
        var code = message.Contains("executable file not found", StringComparison.Ordinal) || message.Contains("no such file or directory", StringComparison.Ordinal) ? NotFound
            : message.Contains("permission denied", StringComparison.Ordinal) || message.Contains("is a directory", StringComparison.Ordinal) ? CantInvoke
            : Failure;
        return WithHelp(cli, e, code);
    }
}
