using System.Text;

namespace Gantry.Engine.Containers.HealthChecks;

/// <summary>The beginning of a probe's output. Written by one reader, read when it is done or given up.</summary>
internal sealed class ProbeOutput
{
    /// <summary>Bytes; as much as Docker keeps.</summary>
    internal const int Limit = 4096;

    private readonly Lock _lock = new();
    private readonly MemoryStream _bytes = new();
    private bool _truncated;

    internal void Add(ReadOnlySpan<byte> data)
    {
        lock (_lock)
        {
            var room = Limit - (int)_bytes.Length;
            _truncated |= data.Length > room;
            _bytes.Write(data[..Math.Min(room, data.Length)]);
        }
    }

    public override string ToString()
    {
        lock (_lock)
        {
            var text = Encoding.UTF8.GetString(_bytes.GetBuffer(), 0, (int)_bytes.Length);
            return _truncated ? text + "..." : text;
        }
    }
}
