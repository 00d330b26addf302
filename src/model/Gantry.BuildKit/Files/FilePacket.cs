using Gantry.IO.Protobuf;

namespace Gantry.BuildKit;

/// <summary>fsutil.types.Packet: what goes both ways while files are copied over a session (tonistiigi/fsutil).</summary>
/// <param name="Stat">Null in all but announcements; a null one ends them.</param>
/// <param name="Id">Number of the announcement a request or data is about, from 0.</param>
/// <param name="Data">Of a file; empty at its end. Of a failure, its text.</param>
public sealed record FilePacket(FilePacketType Type, FileStat? Stat, uint Id, ReadOnlyMemory<byte> Data) : IProtoMessage
{
    public static FilePacket Parse(ReadOnlyMemory<byte> message)
    {
        var reader = new ProtoReader(message.Span);
        var (type, id) = (0, 0u);
        FileStat? stat = null;
        var data = ReadOnlyMemory<byte>.Empty;
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    type = reader.Int32();
                    break;
                case 2:
                    stat = FileStat.Parse(reader.Bytes());
                    break;
                case 3:
                    id = reader.UInt32();
                    break;
                case 4:
                    data = reader.Slice(message);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return new FilePacket((FilePacketType)type, stat, id, data);
    }

    public static FilePacket Announce(FileStat? stat) => new(FilePacketType.Stat, stat, 0, default);

    public static FilePacket Request(uint id) => new(FilePacketType.Request, null, id, default);

    public static FilePacket Content(uint id, ReadOnlyMemory<byte> data) => new(FilePacketType.Data, null, id, data);

    public static FilePacket Finish() => new(FilePacketType.Finish, null, 0, default);

    public static FilePacket Failure(string text) => new(FilePacketType.Error, null, 0, System.Text.Encoding.UTF8.GetBytes(text));

    public void Write(ProtoWriter writer) => writer.Int64(1, (int)Type).Message(2, Stat).Int64(3, Id).Bytes(4, Data.Span);
}

public enum FilePacketType
{
    Stat = 0,
    Request = 1,
    Data = 2,
    Finish = 3,
    Error = 4,
}
