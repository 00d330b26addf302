using System.Buffers;
using Gantry.IO.Streams;
using Microsoft.AspNetCore.Connections;

namespace Gantry.RegistryServer.Http;

/// <summary>Has the server's connections take their memory from <see cref="BlockPool"/>.</summary>
internal sealed class ConnectionMemory : IMemoryPoolFactory<byte>
{
    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => BlockPool.Shared;
}
