namespace Gantry.Runtime.Tests.Driver;

/// <summary>What this assembly does when run as a program: roles that tests and measurements need in a process of their own.</summary>
internal static class Program
{
    public static async Task<int> Main(string[] args)
    {
        switch (args)
        {
            case ["measure", .. var rest]:
                await Measure.RunAsync(rest);
                return 0;
            case ["many", .. var rest]:
                await MeasureMany.RunAsync(rest);
                return 0;
            case ["logs", .. var rest]:
                await MeasureLogs.RunAsync(rest);
                return 0;
            case ["killstress", .. var rest]:
                await KillStress.RunAsync(rest);
                return 0;
            case ["engine", var root, var id, .. var command]:
                return await EngineRole.RunAsync(root, id, command);
            case ["namespace", var data, var exec, .. var command]:
                return await NamespaceRole.RunAsync(data, exec, command);
            default:
                await Console.Error.WriteLineAsync("usage: measure [RUNS [RUNTIME]] | many [CONTAINERS] | logs [LINES] | killstress [LINES [SEED [MAXSIZE]]] | engine ROOT ID COMMAND... | namespace DATA EXEC COMMAND...");
                return 2;
        }
    }
}
