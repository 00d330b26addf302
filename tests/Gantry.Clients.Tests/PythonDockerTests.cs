using Gantry.EndToEnd.Tests.Engine;

namespace Gantry.Clients.Tests;

/// <summary>docker-py, the client under Ansible, older compose and much else. The cases are functions of <c>Scripts/docker_py.py</c>.</summary>
[Collection(EngineCollection.Name)]
public sealed class PythonDockerTests(EngineProcess engine)
{
    [PythonTheory]
    [InlineData("system")]
    [InlineData("containers")]
    [InlineData("lifecycle")]
    [InlineData("errors")]
    [InlineData("logs")]
    [InlineData("exec_stream")]
    [InlineData("attach_socket")]
    [InlineData("archives")]
    [InlineData("events")]
    [InlineData("networks")]
    [InlineData("volumes")]
    [InlineData("build")]
    [InlineData("images")]
    [InlineData("commit")]
    [InlineData("stats")]
    [InlineData("health")]
    public async Task Docker_py_case(string name) =>
        (await Command.RunAsync("python3", [Path.Combine(ClientPrograms.Scripts, "docker_py.py"), name], null, engine.Environment)).Succeeded();
}
