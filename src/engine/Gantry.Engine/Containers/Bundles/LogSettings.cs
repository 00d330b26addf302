using System.Text.Json;
using Gantry.Api;
using Gantry.Engine.Containers.State;
using Gantry.Errors;
using Gantry.Logs.Drivers;
using RuntimeLog = Gantry.Runtime.LogConfig;

namespace Gantry.Engine.Containers.Bundles;

/// <summary>A container's log settings in the terms of the monitor, which writes the log.</summary>
internal static class LogSettings
{
    /// <summary>The log file of a container with this driver.</summary>
    internal static string PathOf(EngineCore core, ContainerRecord record) =>
        Driver(record) == LogDrivers.JsonFile ? core.Paths.Log(record.Id) : core.Paths.LocalLog(record.Id);

    internal static string Driver(ContainerRecord record) =>
        record.HostConfig.LogConfig?.Type is { Length: > 0 } type ? type : LogDrivers.JsonFile;

    internal static IReadOnlyDictionary<string, string> Options(ContainerRecord record) => record.HostConfig.LogConfig?.Config ?? [];

    /// <exception cref="GantryException">Internal in Docker's words: values that nobody looked at before the start.</exception>
    internal static RuntimeLog For(EngineCore core, ContainerRecord record)
    {
        var driver = Driver(record);
        if (driver == LogDrivers.None)
        {
            return RuntimeLog.None;
        }

        try
        {
            var options = Options(record);
            var file = driver == LogDrivers.JsonFile ? FileLogOptions.JsonFile(options)
                : FileLogOptions.Local(options, driver == LogDrivers.Local ? string.Empty : "cache-");
            var path = PathOf(core, record);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            return new RuntimeLog
            {
                Driver = "json-file",
                Path = path,
                MaxSize = file.MaxSize,
                MaxFiles = file.MaxFiles,
                Compress = file.Compress,
                AttributesJson = driver == LogDrivers.JsonFile ? Attributes(Subject(record)) : null,
            };
        }
        catch (GantryException e) when (e.Kind == ErrorKind.InvalidArgument)
        {
            throw Failed(e.Message, e);
        }
    }

    internal static GantryException Failed(string reason, Exception inner) =>
        GantryException.Internal("failed to create task for container: failed to initialize logging driver: " + reason, inner);

    internal static LogSubject Subject(ContainerRecord record) => new()
    {
        Id = record.Id,
        Name = record.Name,
        ImageId = record.ImageId,
        ImageName = record.Config.Image ?? string.Empty,
        Command = string.Join(' ', [record.Path, .. record.Args]),
        Created = GoTime.Format(record.Created),
        Labels = record.Config.Labels ?? [],
        Environment = record.Config.Env ?? [],
        Options = Options(record),
    };

    /// <summary>Docker's <c>attrs</c>: chosen labels and variables, and the tag.</summary>
    private static string? Attributes(LogSubject subject)
    {
        var attributes = new Dictionary<string, string>(LogAttributes.Of(subject));
        if (LogTag.Expand(subject, string.Empty) is { Length: > 0 } tag)
        {
            attributes["tag"] = tag;
        }

        return attributes.Count == 0 ? null : JsonSerializer.Serialize(attributes, ApiJson.Default.DictionaryStringString);
    }
}
