using Gantry.RegistryServer;

namespace Gantry.Registry.Tests;

/// <summary>The tests' assembly as a program: serves a registry until it is killed.</summary>
internal static class Program
{
    private static Task<int> Main(string[] arguments) => RegistryServeCommand.RunAsync(arguments, Console.Out, Console.Error, CancellationToken.None);
}
