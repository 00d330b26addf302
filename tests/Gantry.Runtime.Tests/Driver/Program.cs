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
            default:
                await Console.Error.WriteLineAsync("usage: measure [RUNS]");
                return 2;
        }
    }
}
