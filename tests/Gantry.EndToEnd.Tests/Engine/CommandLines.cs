namespace Gantry.EndToEnd.Tests.Engine;

/// <summary>The command lines every case runs with: ours, and the docker CLI where the machine has one.</summary>
public sealed class CommandLines : TheoryData<string>
{
    public CommandLines()
    {
        Add("gantry");
        if (EngineProcess.DockerCli is not null)
        {
            Add("docker");
        }
    }
}

internal static class ClientExtensions
{
    internal static Task<Result> RunAsync(this EngineProcess engine, string client, params string[] arguments) =>
        client == "docker" ? engine.DockerAsync(arguments) : engine.GantryAsync(arguments);
}
