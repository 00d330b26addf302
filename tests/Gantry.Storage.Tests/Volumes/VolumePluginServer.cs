using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Gantry.Tests.Shared;

namespace Gantry.Storage.Tests.Volumes;

/// <summary>A volume plugin that keeps its volumes in directories.</summary>
internal sealed class VolumePluginServer(string socket, string data, string kind = "VolumeDriver") : PluginServer(socket)
{
    public ConcurrentDictionary<string, string> Volumes { get; } = [];

    protected override JsonObject? Answer(string method, JsonObject question)
    {
        var name = (string?)question["Name"] ?? "";
        switch (method)
        {
            case "Plugin.Activate":
                return new JsonObject { ["Implements"] = new JsonArray(kind) };
            case "VolumeDriver.Capabilities":
                return new JsonObject { ["Capabilities"] = new JsonObject { ["Scope"] = "Global" } };
            case "VolumeDriver.Create":
                Volumes[name] = Path.Combine(data, name);
                Directory.CreateDirectory(Volumes[name]);
                return [];
            case "VolumeDriver.List":
                return new JsonObject { [nameof(Volumes)] = new JsonArray([.. Volumes.Select(v => new JsonObject { ["Name"] = v.Key, ["Mountpoint"] = v.Value })]) };
        }

        if (!Volumes.TryGetValue(name, out var path))
        {
            return new JsonObject { ["Err"] = $"there is no {name}" };
        }

        switch (method)
        {
            case "VolumeDriver.Get":
                return new JsonObject { ["Volume"] = new JsonObject { ["Name"] = name, ["Mountpoint"] = path, ["Status"] = new JsonObject { ["Hello"] = "world" } } };
            case "VolumeDriver.Remove":
                Volumes.TryRemove(name, out _);
                return [];
            case "VolumeDriver.Mount" or "VolumeDriver.Path":
                return new JsonObject { ["Mountpoint"] = path };
            default:
                return [];
        }
    }
}
