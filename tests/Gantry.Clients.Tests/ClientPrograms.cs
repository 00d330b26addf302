using Gantry.EndToEnd.Tests.Engine;

namespace Gantry.Clients.Tests;

/// <summary>The clients that test.sh installed, and those that this machine lacks with the reason that a skipped test shows.</summary>
internal static class ClientPrograms
{
    private const string PythonModule = "/usr/lib/python3/dist-packages/docker/__init__.py";

    internal static string Scripts { get; } = Path.Combine(Repository.Root, "tests", "Gantry.Clients.Tests", "Scripts");

    internal static string NodeModules { get; } = Path.Combine(Repository.Root, "out", "npm", "node_modules");

    /// <summary>Null where docker-py can be used.</summary>
    internal static string? PythonMissing { get; } = Find("python3") is not null && File.Exists(PythonModule) ? null : "Debian's package python3-docker is not installed";

    /// <summary>Null where dockerode can be used.</summary>
    internal static string? NodeMissing { get; } = Find("node") is null ? "node is not on PATH"
        : Directory.Exists(Path.Combine(NodeModules, "dockerode")) ? null
        : "dockerode is not in out/npm: npm could not install it";

    /// <summary>The standalone docker-compose; null where there is none.</summary>
    internal static string? StandaloneCompose { get; } = Find("docker-compose");

    /// <summary>True where the docker CLI has compose as a plugin.</summary>
    internal static bool HasComposePlugin { get; } = EngineProcess.DockerCli is not null
        && PluginFolders().Any(folder => File.Exists(Path.Combine(folder, "docker-compose")));

    /// <summary>Null where the docker CLI has buildx as a plugin.</summary>
    internal static string? BuildxMissing { get; } = EngineProcess.DockerCli is null ? "no docker CLI is on PATH"
        : PluginFolders().Any(folder => File.Exists(Path.Combine(folder, "docker-buildx"))) ? null : "the docker CLI has no buildx plugin";

    private static string? Find(string program) => (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(':')
        .Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);

    /// <summary>The CLI's own; a user's folder is none, as tests have a configuration of their own.</summary>
    private static IEnumerable<string> PluginFolders() =>
    [
        "/usr/local/lib/docker/cli-plugins", "/usr/local/libexec/docker/cli-plugins", "/usr/lib/docker/cli-plugins", "/usr/libexec/docker/cli-plugins",
    ];
}

/// <summary>A test for every docker-compose of this machine; skipped, with the reason, where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ComposeTheoryAttribute : TheoryAttribute
{
    public ComposeTheoryAttribute() =>
        Skip = ClientPrograms.StandaloneCompose is null && !ClientPrograms.HasComposePlugin ? "neither docker-compose nor the docker CLI's plugin is installed" : null;
}

/// <summary>A case of the Python script; skipped, with the reason, where docker-py is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PythonTheoryAttribute : TheoryAttribute
{
    public PythonTheoryAttribute() => Skip = ClientPrograms.PythonMissing;
}

/// <summary>A case of the JavaScript script; skipped, with the reason, where dockerode is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NodeTheoryAttribute : TheoryAttribute
{
    public NodeTheoryAttribute() => Skip = ClientPrograms.NodeMissing;
}
