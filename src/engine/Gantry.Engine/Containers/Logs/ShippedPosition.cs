using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace Gantry.Engine.Containers.Logs;

/// <summary>
/// How far a container's log has been sent on: the time of the last entry, which is unique in a log, in eight bytes beside it. One write, so a killed
/// engine leaves either number; the next engine repeats at most the entries that were under way.
/// </summary>
internal sealed class ShippedPosition : IDisposable
{
    private readonly SafeFileHandle _file;
    private readonly byte[] _bytes = new byte[sizeof(long)];

    private ShippedPosition(SafeFileHandle file) => _file = file;

    /// <summary>Nanoseconds after 1970; 0 when nothing was sent yet.</summary>
    internal long Value { get; private set; }

    internal static ShippedPosition Open(string log)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(log)!);
        var position = new ShippedPosition(File.OpenHandle(Path.Combine(Path.GetDirectoryName(log)!, "shipped"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite));
        if (RandomAccess.Read(position._file, position._bytes, 0) == sizeof(long))
        {
            position.Value = BinaryPrimitives.ReadInt64LittleEndian(position._bytes);
        }

        return position;
    }

    internal void Store(long timestamp)
    {
        Value = timestamp;
        BinaryPrimitives.WriteInt64LittleEndian(_bytes, timestamp);
        RandomAccess.Write(_file, _bytes, 0);
    }

    public void Dispose() => _file.Dispose();
}
