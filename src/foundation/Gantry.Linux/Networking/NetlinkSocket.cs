using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace Gantry.Linux.Networking;

/// <summary>Netlink families used here (linux/netlink.h).</summary>
public enum NetlinkFamily
{
    Route = 0,
    Netfilter = 12,
}

/// <summary>Reads one message of a dump; null skips it.</summary>
public delegate T? NetlinkParser<out T>(ushort type, ReadOnlySpan<byte> payload)
    where T : class;

/// <summary>
/// A netlink socket. It belongs for good to the network namespace of the thread that opened it, whichever thread uses it. One exchange at a
/// time; callers on other threads wait.
/// </summary>
public sealed unsafe class NetlinkSocket : IDisposable
{
    private const int SolNetlink = 270;
    private const int OptionCapAck = 10;
    private const int OptionExtAck = 11;
    private const int OptionStrictCheck = 12;
    private const ushort TypeError = 2;
    private const ushort TypeDone = 3;
    private const ushort FlagDumpInterrupted = 0x10;
    private const ushort FlagCapped = 0x100;
    private const ushort FlagExtAck = 0x200;
    private const int DumpAttempts = 10;

    private readonly Lock _lock = new();
    private readonly SafeFileHandle _handle;
    private readonly byte[] _receive = new byte[32 * 1024];
    private uint _sequence;

    private NetlinkSocket(SafeFileHandle handle) => _handle = handle;

    /// <summary>Opens a socket in the calling thread's network namespace.</summary>
    public static NetlinkSocket Open(NetlinkFamily family)
    {
        var handle = SocketCalls.socket(SocketCalls.AF_NETLINK, SocketCalls.SOCK_RAW | SocketCalls.SOCK_CLOEXEC, (int)family);
        if (handle.IsInvalid)
        {
            throw LinuxException.FromLastError("socket", "AF_NETLINK");
        }

        foreach (var option in (ReadOnlySpan<int>)[OptionCapAck, OptionExtAck, OptionStrictCheck])
        {
            var on = 1;
            _ = SocketCalls.setsockopt(handle, SolNetlink, option, &on, sizeof(int));
        }

        return new NetlinkSocket(handle);
    }

    /// <summary>Sends all requests and waits for all answers.</summary>
    /// <exception cref="LinuxException">The first request that failed; later ones were tried all the same.</exception>
    public void Execute(NetlinkBatch batch)
    {
        if (batch.Count == 0)
        {
            return;
        }

        lock (_lock)
        {
            var first = Send(batch);
            LinuxException? failure = null;
            for (var open = batch.Requests.Count(r => r.Acknowledged); open > 0;)
            {
                foreach (var message in new Messages(_receive.AsSpan(0, Receive())))
                {
                    var index = message.Sequence - first;
                    if (message.Type == TypeError && index < (uint)batch.Count)
                    {
                        // An answer to what is not acknowledged is a refusal of all that was sent.
                        open = batch.Requests[(int)index].Acknowledged ? open - 1 : 0;
                        failure ??= Failure(message, batch.Requests[(int)index]);
                    }
                }
            }

            if (failure is not null)
            {
                throw failure;
            }
        }
    }

    /// <summary>Sends one request with NLM_F_DUMP (or a plain get) and parses every object of the answer.</summary>
    public List<T> Query<T>(NetlinkBatch request, NetlinkParser<T> parser)
        where T : class
    {
        lock (_lock)
        {
            for (var attempt = 0; ; attempt++)
            {
                var result = new List<T>();
                if (TryQuery(request, parser, result) || attempt == DumpAttempts)
                {
                    return result;
                }
            }
        }
    }

    public void Dispose() => _handle.Dispose();

    /// <summary>False when the kernel's tables changed meanwhile, so that the dump may be inconsistent.</summary>
    private bool TryQuery<T>(NetlinkBatch request, NetlinkParser<T> parser, List<T> result)
        where T : class
    {
        var first = Send(request);
        var consistent = true;
        while (true)
        {
            foreach (var message in new Messages(_receive.AsSpan(0, Receive())))
            {
                if (message.Sequence != first)
                {
                    continue;
                }

                consistent &= (message.Flags & FlagDumpInterrupted) == 0;
                if (message.Type is TypeDone or TypeError)
                {
                    return Failure(message, request.Requests[0]) is { } failure ? throw failure : consistent;
                }

                if (parser(message.Type, message.Payload) is { } item)
                {
                    result.Add(item);
                }
            }
        }
    }

    private uint Send(NetlinkBatch batch)
    {
        var first = _sequence + 1;
        _sequence += (uint)batch.Count;
        var bytes = batch.Seal(first);
        fixed (byte* data = bytes)
        {
            while (SocketCalls.send(_handle, data, bytes.Length, SocketCalls.MSG_NOSIGNAL) < 0)
            {
                ThrowUnlessInterrupted("send");
            }
        }

        return first;
    }

    private int Receive()
    {
        fixed (byte* data = _receive)
        {
            while (true)
            {
                var count = SocketCalls.recv(_handle, data, _receive.Length, SocketCalls.MSG_TRUNC);
                if (count >= 0)
                {
                    return count <= _receive.Length ? (int)count : throw new LinuxException("recv", Errno.ENOMEM, "netlink answer too long");
                }

                ThrowUnlessInterrupted("recv");
            }
        }
    }

    private static void ThrowUnlessInterrupted(string call)
    {
        var failure = LinuxException.FromLastError(call, "netlink");
        if (failure.Errno != Errno.EINTR)
        {
            throw failure;
        }
    }

    private static LinuxException? Failure(in Message message, in NetlinkBatch.Request request)
    {
        var errno = message.Payload.Length >= 4 ? -BinaryPrimitives.ReadInt32LittleEndian(message.Payload) : 0;
        if (errno == 0 || errno == request.Tolerate)
        {
            return null;
        }

        var detail = ExtendedText(message);
        return new LinuxException("netlink", errno, detail.Length == 0 ? request.Subject : $"{request.Subject} ({detail})");
    }

    /// <summary>NLMSGERR_ATTR_MSG: the kernel's own sentence about what was wrong, where it has one.</summary>
    private static string ExtendedText(in Message message)
    {
        const int errorHeader = 4 + NetlinkBatch.HeaderLength;
        if (message.Type != TypeError || (message.Flags & FlagExtAck) == 0 || message.Payload.Length < errorHeader)
        {
            return "";
        }

        var echoed = (message.Flags & FlagCapped) != 0 ? NetlinkBatch.HeaderLength : BinaryPrimitives.ReadInt32LittleEndian(message.Payload[4..]);
        var start = 4 + ((echoed + 3) & ~3);
        var attributes = new NetlinkAttributes(start <= message.Payload.Length ? message.Payload[start..] : default);
        while (attributes.Next())
        {
            if (attributes.Type == 1)
            {
                return attributes.Text;
            }
        }

        return "";
    }

    private readonly ref struct Message(ReadOnlySpan<byte> bytes)
    {
        private readonly ReadOnlySpan<byte> _bytes = bytes;

        public ushort Type => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[4..]);

        public ushort Flags => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[6..]);

        public uint Sequence => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[8..]);

        public ReadOnlySpan<byte> Payload => _bytes[NetlinkBatch.HeaderLength..];
    }

    /// <summary>The messages in one datagram.</summary>
    private ref struct Messages(ReadOnlySpan<byte> datagram)
    {
        private ReadOnlySpan<byte> _rest = datagram;
        private ReadOnlySpan<byte> _current;

        public readonly Message Current => new(_current);

        public readonly Messages GetEnumerator() => this;

        public bool MoveNext()
        {
            if (_rest.Length < NetlinkBatch.HeaderLength)
            {
                return false;
            }

            var length = BinaryPrimitives.ReadInt32LittleEndian(_rest);
            if (length < NetlinkBatch.HeaderLength || length > _rest.Length)
            {
                return false;
            }

            _current = _rest[..length];
            _rest = _rest[Math.Min(_rest.Length, (length + 3) & ~3)..];
            return true;
        }
    }
}
