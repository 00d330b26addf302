using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace Gantry.Linux.Networking;

/// <summary>Hears of changes to nftables that other processes make (nfnetlink group NFNLGRP_NFTABLES).</summary>
public sealed unsafe class NfTablesMonitor : IEpollHandler, IDisposable
{
    private const int SolNetlink = 270;
    private const int AddMembership = 1;
    private const int GroupNfTables = 7;
    private const int AddressLength = 12;
    private const int SubsystemNfTables = 10;
    private const int MessageNewGeneration = 15;
    private const ushort AttributeTable = 1;
    private const ushort AttributeGenerationPid = 2;
    private const ushort AttributeGenerationName = 3;

    /// <summary>Inode of the first PID namespace (include/linux/proc_ns.h).</summary>
    private const string FirstPidNamespace = "pid:[4026531836]";
    private const int HeaderLength = NetlinkBatch.HeaderLength + 4;

    private readonly SafeFileHandle _handle;
    private readonly Action<IReadOnlySet<string>> _onChange;
    private readonly byte[] _buffer = new byte[32 * 1024];
    private readonly HashSet<string> _tables = [];
    private EpollLoop? _loop;
    private long _token;

    private NfTablesMonitor(SafeFileHandle handle, Action<IReadOnlySet<string>> onChange)
    {
        _handle = handle;
        _onChange = onChange;
    }

    /// <summary>Opens a monitor of the calling thread's network namespace.</summary>
    /// <param name="onChange">Gets the names of tables that a transaction of another process touched; an empty set when some reports were lost.</param>
    public static NfTablesMonitor Open(Action<IReadOnlySet<string>> onChange)
    {
        var type = SocketCalls.SOCK_RAW | SocketCalls.SOCK_CLOEXEC | SocketCalls.SOCK_NONBLOCK;
        var handle = SocketCalls.socket(SocketCalls.AF_NETLINK, type, (int)NetlinkFamily.Netfilter);
        var address = stackalloc byte[AddressLength];
        new Span<byte>(address, AddressLength).Clear();
        address[0] = SocketCalls.AF_NETLINK;
        var group = GroupNfTables;

        // Only bound sockets hear what is sent to groups.
        if (handle.IsInvalid || SocketCalls.bind(handle, address, AddressLength) < 0
            || SocketCalls.setsockopt(handle, SolNetlink, AddMembership, &group, sizeof(int)) < 0)
        {
            throw LinuxException.FromLastError("socket", "nfnetlink monitor");
        }

        return new NfTablesMonitor(handle, onChange);
    }

    /// <summary>Starts to listen on a loop; the callback runs there.</summary>
    public void Attach(EpollLoop loop)
    {
        _loop = loop;
        _token = loop.Add(_handle, EpollEvents.In, this);
    }

    public void OnReady(EpollEvents events)
    {
        while (true)
        {
            int count;
            fixed (byte* data = _buffer)
            {
                count = (int)SocketCalls.recv(_handle, data, _buffer.Length, 0);
            }

            if (count >= 0)
            {
                Read(_buffer.AsSpan(0, count));
            }
            else if (LinuxException.FromLastError("recv").Errno == Errno.ENOBUFS)
            {
                _tables.Clear();
                _onChange(_tables);
            }
            else
            {
                return;
            }
        }
    }

    public void Dispose()
    {
        if (_loop is null)
        {
            _handle.Dispose();
            return;
        }

        _loop.PostAndWait(() =>
        {
            _loop.Remove(_handle, _token);
            _handle.Dispose();
        });
    }

    /// <summary>A transaction's changes come first, then its generation message with the process that made it.</summary>
    private void Read(ReadOnlySpan<byte> messages)
    {
        while (messages.Length >= HeaderLength)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(messages);
            if (length < HeaderLength || length > messages.Length)
            {
                return;
            }

            var type = BinaryPrimitives.ReadUInt16LittleEndian(messages[4..]);
            if (type >> 8 == SubsystemNfTables)
            {
                ReadOne(type & 0xff, new NetlinkAttributes(messages[HeaderLength..length]));
            }

            messages = messages[Math.Min(messages.Length, (length + 3) & ~3)..];
        }
    }

    private void ReadOne(int type, NetlinkAttributes attributes)
    {
        var (thread, name) = (0u, string.Empty);
        while (attributes.Next())
        {
            if (type != MessageNewGeneration && attributes.Type == AttributeTable)
            {
                _tables.Add(attributes.Text);
            }
            else if (type == MessageNewGeneration && attributes.Type == AttributeGenerationPid && attributes.Value.Length == 4)
            {
                thread = BinaryPrimitives.ReadUInt32BigEndian(attributes.Value);
            }
            else if (type == MessageNewGeneration && attributes.Type == AttributeGenerationName)
            {
                name = attributes.Text;
            }
        }

        if (type == MessageNewGeneration)
        {
            if (_tables.Count > 0 && !IsOurs(thread, name))
            {
                _onChange(_tables);
            }

            _tables.Clear();
        }
    }

    /// <summary>
    /// The kernel names the thread, by its number in the first PID namespace. From inside another one that number says nothing: there, a name that
    /// one of our threads has too must do.
    /// </summary>
    private static bool IsOurs(uint thread, string name) => new FileInfo("/proc/self/ns/pid").LinkTarget == FirstPidNamespace
        ? Directory.Exists($"/proc/self/task/{thread}")
        : Directory.EnumerateDirectories("/proc/self/task").Any(task => NameOf(task) == name);

    private static string NameOf(string task)
    {
        try
        {
            return File.ReadAllText(task + "/comm").TrimEnd('\n');
        }
        catch (IOException)
        {
            return string.Empty; // the thread has ended
        }
    }
}
