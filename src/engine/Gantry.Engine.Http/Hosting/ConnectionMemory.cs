using System.Buffers;
using System.Runtime.CompilerServices;
using Gantry.IO.Streams;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace Gantry.Engine.Http.Hosting;

/// <summary>
/// Has Kestrel's connections take their memory from <see cref="BlockPool"/>. A server without the generic host's services has no public way to say so; the setter
/// that those services use is called instead, and a framework without it fails at the first start.
/// </summary>
internal sealed class ConnectionMemory : IMemoryPoolFactory<byte>
{
    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => BlockPool.Shared;

    internal static void Use(SocketTransportOptions options) => SetFactory(options, new ConnectionMemory());

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "set_MemoryPoolFactory")]
    private static extern void SetFactory(SocketTransportOptions options, IMemoryPoolFactory<byte> factory);
}
