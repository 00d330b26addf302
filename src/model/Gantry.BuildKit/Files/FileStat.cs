using Gantry.IO.Protobuf;

namespace Gantry.BuildKit;

/// <summary>fsutil.types.Stat: a file's name and attributes.</summary>
public sealed record FileStat : IProtoMessage
{
    /// <summary>Slash path below the copied folder, without a leading slash.</summary>
    public required string Path { get; init; }

    /// <summary>Go's os.FileMode: permissions and <see cref="GoFileMode"/>.</summary>
    public uint Mode { get; init; }

    public uint UserId { get; init; }

    public uint GroupId { get; init; }

    public long Size { get; init; }

    /// <summary>Nanoseconds since the epoch.</summary>
    public long Modified { get; init; }

    /// <summary>Target of a symbolic link; of a regular file, the earlier path it is another name of.</summary>
    public string LinkName { get; init; } = string.Empty;

    public long DeviceMajor { get; init; }

    public long DeviceMinor { get; init; }

    public IReadOnlyDictionary<string, byte[]> Xattrs { get; init; } = new Dictionary<string, byte[]>();

    public static FileStat Parse(ReadOnlySpan<byte> message)
    {
        var reader = new ProtoReader(message);
        var stat = new FileStat { Path = string.Empty };
        Dictionary<string, byte[]>? xattrs = null;
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    stat = stat with { Path = reader.Text() };
                    break;
                case 2:
                    stat = stat with { Mode = reader.UInt32() };
                    break;
                case 3:
                    stat = stat with { UserId = reader.UInt32() };
                    break;
                case 4:
                    stat = stat with { GroupId = reader.UInt32() };
                    break;
                case 5:
                    stat = stat with { Size = reader.Int64() };
                    break;
                case 6:
                    stat = stat with { Modified = reader.Int64() };
                    break;
                case 7:
                    stat = stat with { LinkName = reader.Text() };
                    break;
                case 8:
                    stat = stat with { DeviceMajor = reader.Int64() };
                    break;
                case 9:
                    stat = stat with { DeviceMinor = reader.Int64() };
                    break;
                case 10:
                    (xattrs ??= []).Add(reader.BytesEntry());
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return xattrs is null ? stat : stat with { Xattrs = xattrs };
    }

    public void Write(ProtoWriter writer) => writer
        .Text(1, Path).Int64(2, Mode).Int64(3, UserId).Int64(4, GroupId).Int64(5, Size).Int64(6, Modified).Text(7, LinkName)
        .Int64(8, DeviceMajor).Int64(9, DeviceMinor).BytesMap(10, Xattrs);
}

/// <summary>The bits of Go's os.FileMode above the permissions.</summary>
public static class GoFileMode
{
    public const uint Permissions = 0x1ff;
    public const uint Directory = 1u << 31;
    public const uint Symlink = 1u << 27;
    public const uint Device = 1u << 26;
    public const uint NamedPipe = 1u << 25;
    public const uint Socket = 1u << 24;
    public const uint SetUser = 1u << 23;
    public const uint SetGroup = 1u << 22;
    public const uint CharacterDevice = 1u << 21;
    public const uint Sticky = 1u << 20;
    public const uint Irregular = 1u << 19;

    /// <summary>The bits that say what kind of file it is; none of them for a regular one, whose content can be asked for.</summary>
    public const uint Kind = Directory | Symlink | NamedPipe | Socket | Device | CharacterDevice | Irregular;
}
