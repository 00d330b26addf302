using Gantry.EndToEnd.Tests.Engine;

namespace Gantry.Clients.Tests;

/// <summary>dockerode, the client of JavaScript programs. The cases are functions of <c>Scripts/dockerode.cjs</c>.</summary>
[Collection(EngineCollection.Name)]
public sealed class DockerodeTests(EngineProcess engine)
{
    [NodeTheory]
    [InlineData("run")]
    [InlineData("life")]
    [InlineData("exec")]
    [InlineData("attach")]
    [InlineData("archive")]
    [InlineData("events")]
    [InlineData("build")]
    [InlineData("buildkit")]
    [InlineData("networks")]
    [InlineData("errors")]
    public async Task Dockerode_case(string name)
    {
        var environment = new Dictionary<string, string>(engine.Environment) { ["NODE_PATH"] = ClientPrograms.NodeModules };
        (await Command.RunAsync("node", [Path.Combine(ClientPrograms.Scripts, "dockerode.cjs"), name], null, environment)).Succeeded();
    }
}
