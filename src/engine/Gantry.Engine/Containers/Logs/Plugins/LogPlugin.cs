using System.Text.Json.Serialization;
using Gantry.Plugins;

namespace Gantry.Engine.Containers.Logs.Plugins;

/// <summary>A program that takes containers' output (Docker's log driver protocol): it reads a named pipe of its own for each.</summary>
internal sealed class LogPlugin(PluginEndpoint endpoint) : Plugin(endpoint)
{
    internal const string Kind = "LogDriver";

    /// <summary>Where the pipes are, as the plugin sees it.</summary>
    internal const string Folder = "/run/docker/logging";

    internal string FolderOnHost => OnHost(Folder);

    /// <exception cref="Errors.GantryException">It can't be reached, or says that it failed.</exception>
    internal void Start(string file, LogPluginSubject subject) => Ask("StartLogging", new LogPluginQuestion { File = file, Info = subject });

    /// <inheritdoc cref="Start"/>
    internal void Stop(string file) => Ask("StopLogging", new LogPluginQuestion { File = file });

    private void Ask(string method, LogPluginQuestion question) =>
        Connection.Call($"LogDriver.{method}", question, LogPluginJson.Default.LogPluginQuestion, LogPluginJson.Default.LogPluginAnswer);
}

internal sealed record LogPluginQuestion
{
    public required string File { get; init; }

    public LogPluginSubject? Info { get; init; }
}

/// <summary>What a plugin is told of a container.</summary>
internal sealed record LogPluginSubject
{
    public required IReadOnlyDictionary<string, string> Config { get; init; }

    [JsonPropertyName("ContainerID")]
    public required string ContainerId { get; init; }

    public required string ContainerName { get; init; }

    public required string ContainerEntrypoint { get; init; }

    public required IReadOnlyList<string> ContainerArgs { get; init; }

    [JsonPropertyName("ContainerImageID")]
    public required string ContainerImageId { get; init; }

    public required string ContainerImageName { get; init; }

    public required DateTimeOffset ContainerCreated { get; init; }

    public required IReadOnlyList<string> ContainerEnv { get; init; }

    public required IReadOnlyDictionary<string, string> ContainerLabels { get; init; }

    public string LogPath { get; init; } = "";

    public string DaemonName { get; init; } = "docker";
}

internal sealed record LogPluginAnswer : PluginAnswer;

[JsonSourceGenerationOptions(PropertyNameCaseInsensitive = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(LogPluginQuestion))]
[JsonSerializable(typeof(LogPluginAnswer))]
internal sealed partial class LogPluginJson : JsonSerializerContext;
