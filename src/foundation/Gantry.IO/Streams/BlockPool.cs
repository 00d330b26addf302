using System.Buffers;
using System.Collections.Concurrent;

namespace Gantry.IO.Streams;

/// <summary>
/// Memory for the bytes between a socket and a server, in blocks of <see cref="BlockSize"/> however little is asked for: a server that asks for the four kilobytes of
/// a page gets room for what one call of the kernel can deliver. Blocks are kept for the next who asks, up to a limit. Thread-safe.
/// </summary>
public sealed class BlockPool : MemoryPool<byte>
{
    /// <summary>Bytes of a block.</summary>
    public const int BlockSize = 64 * 1024;

    private const int MaxKept = 512;
    private readonly ConcurrentStack<byte[]> _free = new();
    private int _kept;

    /// <summary>One for the process.</summary>
    public static new BlockPool Shared { get; } = new();

    public override int MaxBufferSize => BlockSize;

    /// <param name="minBufferSize">Bytes, at most <see cref="BlockSize"/>; -1 for any.</param>
    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, BlockSize);
        if (_free.TryPop(out var array))
        {
            Interlocked.Decrement(ref _kept);
        }

        return new Block(this, array ?? GC.AllocateUninitializedArray<byte>(BlockSize, pinned: true));
    }

    /// <summary>Gives what nobody uses back to the garbage collector.</summary>
    public void Trim()
    {
        while (_free.TryPop(out _))
        {
            Interlocked.Decrement(ref _kept);
        }
    }

    /// <summary>Blocks outlive it: the process has one.</summary>
    protected override void Dispose(bool disposing)
    {
    }

    private void Return(byte[] array)
    {
        if (Interlocked.Increment(ref _kept) > MaxKept)
        {
            Interlocked.Decrement(ref _kept);
            return;
        }

        _free.Push(array);
    }

    private sealed class Block(BlockPool pool, byte[] array) : IMemoryOwner<byte>
    {
        private byte[]? _array = array;

        public Memory<byte> Memory => _array ?? throw new ObjectDisposedException(nameof(Block));

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _array, null) is { } array)
            {
                pool.Return(array);
            }
        }
    }
}
