using Gantry.Apps.Cli.CommandLine;
using Gantry.Errors;

namespace Gantry.Apps.Cli.Commands;

/// <summary>Does the same to several objects: the names of those that went well on stdout, what went wrong at the end on stderr.</summary>
internal static class Each
{
    private const int AtOnce = 50;

    /// <summary>At the same time; results are told in the order of the arguments.</summary>
    /// <param name="forgiveNotFound">Whether what isn't there is told but no failure (rm --force).</param>
    public static async Task<int> ParallelAsync(
        Cli cli, IReadOnlyList<string> names, Func<string, Task> act, CancellationToken cancellationToken, bool forgiveNotFound = false)
    {
        using var gate = new SemaphoreSlim(AtOnce);
        var running = names.Select(name => GatedAsync(gate, name, act, cancellationToken)).ToList();
        var failures = new List<string>();
        for (var i = 0; i < running.Count; i++)
        {
            Tell(cli, names[i], await running[i], failures, forgiveNotFound);
        }

        return End(failures);
    }

    /// <summary>One after the other.</summary>
    public static async Task<int> InTurnAsync(Cli cli, IReadOnlyList<string> names, Func<string, Task> act)
    {
        var failures = new List<string>();
        foreach (var name in names)
        {
            Tell(cli, name, await TryAsync(name, act), failures);
            cli.Out.Flush();
        }

        return End(failures);
    }

    private static async Task<GantryException?> GatedAsync(SemaphoreSlim gate, string name, Func<string, Task> act, CancellationToken cancellationToken)
    {
        await gate.WaitAsync(cancellationToken);
        try
        {
            return await TryAsync(name, act);
        }
        finally
        {
            gate.Release();
        }
    }

    private static async Task<GantryException?> TryAsync(string name, Func<string, Task> act)
    {
        try
        {
            await act(name);
            return null;
        }
        catch (GantryException e)
        {
            return e;
        }
    }

    private static void Tell(Cli cli, string name, GantryException? failure, List<string> failures, bool forgiveNotFound = false)
    {
        if (failure is null)
        {
            cli.Out.WriteLine(name);
        }
        else if (forgiveNotFound && failure.Kind == ErrorKind.NotFound)
        {
            cli.Error.WriteLine(failure.Message);
        }
        else
        {
            failures.Add(failure.Message);
        }
    }

    private static int End(List<string> failures) => failures.Count == 0 ? 0 : throw new CliException(string.Join('\n', failures), 1);
}
