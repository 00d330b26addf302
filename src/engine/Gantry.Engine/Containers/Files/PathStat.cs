using System.Text.Json.Serialization;
using Gantry.Api;
using Gantry.Linux;

namespace Gantry.Engine.Containers.Files;

/// <summary>What <c>X-Docker-Container-Path-Stat</c> says of a path.</summary>
public sealed record PathStat
{
    [JsonPropertyName("name")]
    public required string Name { get; init; }

    [JsonPropertyName("size")]
    public required long Size { get; init; }

    /// <summary>Go's os.FileMode.</summary>
    [JsonPropertyName("mode")]
    public required uint Mode { get; init; }

    [JsonPropertyName("mtime")]
    public required string ModifiedAt { get; init; }

    /// <summary>Where a link leads inside the container, or empty.</summary>
    [JsonPropertyName("linkTarget")]
    public required string LinkTarget { get; init; }

    internal static PathStat Of(string name, FileStatus status, string linkTarget) => new()
    {
        Name = name,
        Size = status.Size,
        Mode = GoMode(status),
        ModifiedAt = GoTime.FormatNanoseconds(status.ModifiedNanoseconds),
        LinkTarget = linkTarget,
    };

    /// <summary>Permission bits as they are; type and special bits at Go's places (io/fs, FileMode).</summary>
    private static uint GoMode(FileStatus status)
    {
        var mode = (uint)status.Mode & 0x1FF;
        mode |= (status.Mode & 0x800) != 0 ? 1u << 23 : 0;
        mode |= (status.Mode & 0x400) != 0 ? 1u << 22 : 0;
        mode |= (status.Mode & 0x200) != 0 ? 1u << 20 : 0;
        return mode | status.Kind switch
        {
            FileKind.Directory => 1u << 31,
            FileKind.Symlink => 1u << 27,
            FileKind.BlockDevice => 1u << 26,
            FileKind.CharacterDevice => (1u << 26) | (1u << 21),
            FileKind.Fifo => 1u << 25,
            FileKind.Socket => 1u << 24,
            _ => 0,
        };
    }
}

[JsonSerializable(typeof(PathStat))]
public sealed partial class PathStatJson : JsonSerializerContext;
