using Gantry.IO.Protobuf;

namespace Gantry.BuildKit;

/// <summary>moby.buildkit.v1.StatusResponse: what has happened in a build since the last one.</summary>
public sealed record StatusUpdate : IProtoMessage
{
    public IReadOnlyList<VertexState> Vertexes { get; init; } = [];

    public IReadOnlyList<VertexStatus> Statuses { get; init; } = [];

    public IReadOnlyList<VertexLog> Logs { get; init; } = [];

    public IReadOnlyList<VertexWarning> Warnings { get; init; } = [];

    public void Write(ProtoWriter writer) => writer.Messages(1, Vertexes).Messages(2, Statuses).Messages(3, Logs).Messages(4, Warnings);
}

/// <summary>A step of a build as the user sees it.</summary>
/// <param name="Digest">Names it: a digest.</param>
public sealed record VertexState(string Digest, string Name) : IProtoMessage
{
    public IReadOnlyList<string> Inputs { get; init; } = [];

    public bool Cached { get; init; }

    public DateTimeOffset? Started { get; init; }

    public DateTimeOffset? Completed { get; init; }

    public string Error { get; init; } = string.Empty;

    public void Write(ProtoWriter writer) => writer
        .Text(1, Digest).Texts(2, Inputs).Text(3, Name).Bool(4, Cached).Time(5, Started).Time(6, Completed).Text(7, Error);
}

/// <summary>How far a part of a step is.</summary>
/// <param name="Id">The part, as it is shown.</param>
/// <param name="Vertex">Digest of the step.</param>
public sealed record VertexStatus(string Id, string Vertex) : IProtoMessage
{
    public string Name { get; init; } = string.Empty;

    public long Current { get; init; }

    /// <summary>0 when it isn't known.</summary>
    public long Total { get; init; }

    public DateTimeOffset Timestamp { get; init; }

    public DateTimeOffset? Started { get; init; }

    public DateTimeOffset? Completed { get; init; }

    public void Write(ProtoWriter writer) => writer
        .Text(1, Id).Text(2, Vertex).Text(3, Name).Int64(4, Current).Int64(5, Total).Time(6, Timestamp).Time(7, Started).Time(8, Completed);
}

/// <summary>Output of a step.</summary>
/// <param name="Stream">1 output, 2 error.</param>
public sealed record VertexLog(string Vertex, DateTimeOffset Timestamp, int Stream, byte[] Data) : IProtoMessage
{
    public void Write(ProtoWriter writer) => writer.Text(1, Vertex).Time(2, Timestamp).Int64(3, Stream).Bytes(4, Data);
}

/// <summary>A remark on the Dockerfile.</summary>
public sealed record VertexWarning(string Vertex, int Level, byte[] Short) : IProtoMessage
{
    public IReadOnlyList<byte[]> Detail { get; init; } = [];

    public string Url { get; init; } = string.Empty;

    public static VertexWarning Parse(ReadOnlySpan<byte> message)
    {
        var reader = new ProtoReader(message);
        var warning = new VertexWarning(string.Empty, 0, []);
        var detail = new List<byte[]>();
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    warning = warning with { Vertex = reader.Text() };
                    break;
                case 2:
                    warning = warning with { Level = reader.Int32() };
                    break;
                case 3:
                    warning = warning with { Short = reader.Bytes().ToArray() };
                    break;
                case 4:
                    detail.Add(reader.Bytes().ToArray());
                    break;
                case 5:
                    warning = warning with { Url = reader.Text() };
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return warning with { Detail = detail };
    }

    public void Write(ProtoWriter writer)
    {
        writer.Text(1, Vertex).Int64(2, Level).Bytes(3, Short);
        foreach (var line in Detail)
        {
            writer.Bytes(4, line);
        }

        writer.Text(5, Url);
    }
}
