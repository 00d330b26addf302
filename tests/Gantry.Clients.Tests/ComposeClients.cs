using Gantry.EndToEnd.Tests.Engine;

namespace Gantry.Clients.Tests;

/// <summary>Every docker-compose this machine has: the standalone program of version 1 (docker-py) and the docker CLI's plugin (Go).</summary>
public sealed class ComposeClients : TheoryData<string>
{
    internal const string Standalone = "docker-compose";
    internal const string Plugin = "docker compose";

    public ComposeClients()
    {
        if (ClientPrograms.StandaloneCompose is not null)
        {
            Add(Standalone);
        }

        if (ClientPrograms.HasComposePlugin)
        {
            Add(Plugin);
        }
    }
}

/// <summary>A project in a folder of its own. Disposing brings it down and deletes the folder.</summary>
internal sealed class ComposeProject : IAsyncDisposable
{
    private readonly EngineProcess _engine;
    private readonly string _client;

    internal ComposeProject(EngineProcess engine, string client, string name, string file)
    {
        _engine = engine;
        _client = client;
        Name = $"{name}{(client == ComposeClients.Plugin ? "v2" : "v1")}";
        Folder = Directory.CreateTempSubdirectory("gantry-compose-").FullName;
        Write("docker-compose.yml", file);
    }

    internal string Name { get; }

    internal string Folder { get; }

    /// <summary>Between service and number in a container's name.</summary>
    internal string Separator => _client == ComposeClients.Plugin ? "-" : "_";

    internal bool IsPlugin => _client == ComposeClients.Plugin;

    internal string Container(string service, int number = 1) => string.Join(Separator, Name, service, number);

    internal void Write(string name, string content) => File.WriteAllText(Path.Combine(Folder, name), content);

    internal Task<Result> RunAsync(params string[] arguments)
    {
        string[] project = ["--project-name", Name, "--project-directory", Folder, "-f", Path.Combine(Folder, "docker-compose.yml"), .. arguments];
        return IsPlugin
            ? Command.RunAsync(EngineProcess.DockerCli!, ["compose", .. project], null, _engine.Environment, Folder)
            : Command.RunAsync(ClientPrograms.StandaloneCompose!, project, null, WithOwnDocker(), Folder);
    }

    /// <summary>docker-compose 1 runs <c>docker</c> for builds and commands: where the machine has none, ours does that.</summary>
    private Dictionary<string, string> WithOwnDocker() => new(_engine.Environment)
    {
        ["PATH"] = $"{System.Environment.GetEnvironmentVariable("PATH")}:{Repository.Binaries}",
    };

    internal async Task<Result> UpAsync(params string[] arguments) => (await RunAsync(["up", "-d", .. arguments])).Succeeded();

    /// <summary>A field of a container's inspection, as a Go template says it.</summary>
    internal async Task<string> InspectAsync(string container, string template) => (await _engine.GantryAsync("inspect", "-f", template, container)).Succeeded().Text;

    /// <summary>The project's containers, networks and volumes that are left.</summary>
    internal async Task<string> LeftAsync()
    {
        var label = $"label=com.docker.compose.project={Name}";
        var containers = await _engine.GantryAsync("ps", "-aq", "--filter", label);
        var networks = await _engine.GantryAsync("network", "ls", "-q", "--filter", label);
        var volumes = await _engine.GantryAsync("volume", "ls", "-q", "--filter", label);
        return containers.Output + networks.Output + volumes.Output;
    }

    public async ValueTask DisposeAsync()
    {
        await RunAsync("down", "-v", "-t", "0", "--remove-orphans", "--rmi", "local");
        Directory.Delete(Folder, recursive: true);
    }
}
