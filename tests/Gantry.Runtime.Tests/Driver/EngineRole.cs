using Gantry.Runtime.Tests.Support;

namespace Gantry.Runtime.Tests.Driver;

/// <summary>An engine that is there to be killed: restores, starts a container, attaches, and says so on stdout.</summary>
internal static class EngineRole
{
    public static async Task<int> RunAsync(string rootName, string id, string[] command)
    {
        await using var root = new TestRoot(rootName);
        await using var service = root.CreateService();
        var exits = new ExitProbe(service);
        await service.RestoreAsync(CancellationToken.None);
        await using var attachment = service.Attach(id, null, new AttachOptions { Stdin = true });
        var state = await service.StartAsync(root.Bundle(id, command) with { OpenStdin = true }, CancellationToken.None);
        Console.WriteLine($"started {state.Pid}");
        _ = attachment.Output.CopyToAsync(Stream.Null);
        var exit = await exits.WaitAsync(id);
        Console.WriteLine($"exited {exit.ExitCode}");
        return 0;
    }
}
