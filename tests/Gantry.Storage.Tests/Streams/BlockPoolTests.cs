using System.IO.Pipelines;
using Gantry.IO.Streams;

namespace Gantry.Storage.Tests.Streams;

public sealed class BlockPoolTests
{
    [Fact]
    public void Gives_whole_blocks_and_takes_each_back_once()
    {
        using var pool = new BlockPool();
        var first = pool.Rent(4096);
        var memory = first.Memory;
        Assert.Equal(BlockPool.BlockSize, memory.Length);
        memory.Span[0] = 7;
        first.Dispose();
        first.Dispose();

        using var second = pool.Rent();
        using var third = pool.Rent();

        Assert.Equal(7, second.Memory.Span[0]);
        Assert.False(second.Memory.Span == third.Memory.Span);
        Assert.Throws<ObjectDisposedException>(() => first.Memory);
        Assert.Throws<ArgumentOutOfRangeException>(() => pool.Rent(BlockPool.BlockSize + 1));
    }

    [Fact]
    public void What_was_trimmed_is_not_given_again()
    {
        using var pool = new BlockPool();
        var memory = pool.Rent();
        var before = memory.Memory;
        memory.Dispose();

        pool.Trim();

        using var after = pool.Rent();
        Assert.False(before.Span == after.Memory.Span);
    }

    [Fact]
    public async Task A_pipe_that_asks_for_pages_gets_blocks_and_loses_nothing()
    {
        using var pool = new BlockPool();
        var pipe = new Pipe(new PipeOptions(pool, minimumSegmentSize: 4096, pauseWriterThreshold: 0));
        var sent = new byte[1_000_003];
        Random.Shared.NextBytes(sent);
        Assert.Equal(BlockPool.BlockSize, pipe.Writer.GetMemory(2048).Length);
        await pipe.Writer.WriteAsync(sent);
        await pipe.Writer.CompleteAsync();

        using var received = new MemoryStream();
        await pipe.Reader.CopyToAsync(received);

        Assert.Equal(sent, received.ToArray());
    }
}
