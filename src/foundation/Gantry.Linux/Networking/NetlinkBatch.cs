using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Gantry.Linux.Networking;

/// <summary>
/// One or more netlink requests that go to the kernel in a single send (netlink(7)). Each is acknowledged on its own: a failure does not stop
/// the ones after it.
/// </summary>
public sealed class NetlinkBatch
{
    internal const int HeaderLength = 16;
    private const ushort FlagRequest = 1;
    private const ushort FlagAck = 4;
    private const ushort FlagNested = 0x8000;

    private readonly List<Request> _requests = [];
    private byte[] _buffer = new byte[1024];
    private int _length;

    /// <summary>Number of requests.</summary>
    public int Count => _requests.Count;

    internal IReadOnlyList<Request> Requests => _requests;

    /// <summary>Starts a request. Headers and attributes that follow belong to it.</summary>
    /// <param name="type">Message type.</param>
    /// <param name="flags">Flags in addition to NLM_F_REQUEST and NLM_F_ACK.</param>
    /// <param name="subject">What the request is about, for error texts.</param>
    /// <param name="tolerate">An errno that is no failure, or 0.</param>
    /// <param name="acknowledged">False for the few requests that the kernel answers only when it refuses them.</param>
    public void Begin(ushort type, ushort flags, string subject, int tolerate = 0, bool acknowledged = true)
    {
        Finish();
        _requests.Add(new Request(_length, subject, tolerate, acknowledged));
        var header = Reserve(HeaderLength);
        BinaryPrimitives.WriteUInt16LittleEndian(header[4..], type);
        BinaryPrimitives.WriteUInt16LittleEndian(header[6..], (ushort)(flags | FlagRequest | (acknowledged ? FlagAck : 0)));
    }

    /// <summary>Appends the fixed part of a request (struct ifinfomsg and the like).</summary>
    public void Put<T>(in T value)
        where T : unmanaged
    {
        MemoryMarshal.Write(Reserve(Align(Unsafe.SizeOf<T>())), value);
    }

    public void Attribute(ushort type, ReadOnlySpan<byte> value)
    {
        var target = Reserve(Align(4 + value.Length));
        BinaryPrimitives.WriteUInt16LittleEndian(target, (ushort)(4 + value.Length));
        BinaryPrimitives.WriteUInt16LittleEndian(target[2..], type);
        value.CopyTo(target[4..]);
    }

    public void Attribute(ushort type, uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        Attribute(type, bytes);
    }

    public void Attribute(ushort type, byte value) => Attribute(type, [value]);

    /// <summary>Appends a string with its terminating zero.</summary>
    public void Attribute(ushort type, string value)
    {
        var bytes = new byte[Encoding.UTF8.GetByteCount(value) + 1];
        Encoding.UTF8.GetBytes(value, bytes);
        Attribute(type, bytes);
    }

    /// <summary>Starts a nested attribute; give the result to <see cref="EndNested"/>.</summary>
    public int BeginNested(ushort type, bool flagged = false)
    {
        var start = _length;
        var header = Reserve(4);
        BinaryPrimitives.WriteUInt16LittleEndian(header[2..], flagged ? (ushort)(type | FlagNested) : type);
        return start;
    }

    public void EndNested(int start) =>
        BinaryPrimitives.WriteUInt16LittleEndian(_buffer.AsSpan(start), (ushort)(_length - start));

    /// <summary>Closes the last request and numbers all of them from <paramref name="firstSequence"/>.</summary>
    internal ReadOnlySpan<byte> Seal(uint firstSequence)
    {
        Finish();
        for (var i = 0; i < _requests.Count; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(_buffer.AsSpan(_requests[i].Offset + 8), firstSequence + (uint)i);
        }

        return _buffer.AsSpan(0, _length);
    }

    private static int Align(int length) => (length + 3) & ~3;

    private void Finish()
    {
        if (_requests.Count > 0)
        {
            var start = _requests[^1].Offset;
            BinaryPrimitives.WriteInt32LittleEndian(_buffer.AsSpan(start), _length - start);
        }
    }

    private Span<byte> Reserve(int count)
    {
        if (_length + count > _buffer.Length)
        {
            Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, _length + count));
        }

        var span = _buffer.AsSpan(_length, count);
        _length += count;
        return span;
    }

    internal readonly record struct Request(int Offset, string Subject, int Tolerate, bool Acknowledged);
}
