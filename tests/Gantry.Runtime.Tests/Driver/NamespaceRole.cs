using System.Diagnostics;

namespace Gantry.Runtime.Tests.Driver;

/// <summary>Enters the engine's namespace and runs a command there.</summary>
internal static class NamespaceRole
{
    public static async Task<int> RunAsync(string data, string exec, string[] command)
    {
        EngineNamespace.Enter(new EngineNamespaceOptions { DataRoot = data, ExecRoot = exec });
        using var process = Process.Start(command[0], command[1..]);
        await process.WaitForExitAsync();
        return process.ExitCode;
    }
}
