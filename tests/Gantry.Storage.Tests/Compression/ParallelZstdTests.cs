using Gantry.IO.Compression;

namespace Gantry.Storage.Tests.Compression;

/// <summary>Layers as they go to registries that were asked for in zstd.</summary>
public sealed class ParallelZstdTests
{
    [Theory]
    [InlineData(0, 3)]
    [InlineData(1, 3)]
    [InlineData(4 << 20, 3)]
    [InlineData((4 << 20) + 1, 3)]
    [InlineData(10_000_000, 1)]
    [InlineData(5_000_000, 19)]
    public async Task Comes_back_as_it_was(int size, int level)
    {
        var content = Content(size);

        var packed = await PackAsync(content, Math.Max(1, size), level);

        Assert.Equal(CompressionKind.Zstd, Decompression.Detect(packed));
        using var output = new MemoryStream();
        await using (var plain = await Decompression.OpenAsync(new MemoryStream(packed)))
        {
            await plain.CopyToAsync(output);
        }

        Assert.Equal(content, output.ToArray());
    }

    [Fact]
    public async Task Same_output_however_it_is_written()
    {
        var content = Content(9_000_000);

        Assert.Equal(await PackAsync(content, content.Length, 3), await PackAsync(content, 7_777, 3));
    }

    [Fact]
    public async Task A_higher_level_makes_it_smaller()
    {
        var content = Content(3_000_000);

        Assert.True((await PackAsync(content, content.Length, 19)).Length < (await PackAsync(content, content.Length, 1)).Length);
    }

    /// <summary>Words in no order.</summary>
    private static byte[] Content(int size)
    {
        var (content, random) = (new byte[size], new Random(size));
        var words = Enumerable.Range(0, 500).Select(_ => Enumerable.Range(0, random.Next(2, 12)).Select(_ => (byte)random.Next('a', 'z')).ToArray()).ToArray();
        for (var i = 0; i < size;)
        {
            var word = words[random.Next(words.Length)];
            var count = Math.Min(word.Length, size - i);
            word.AsSpan(0, count).CopyTo(content.AsSpan(i));
            i += count;
        }

        return content;
    }

    private static async Task<byte[]> PackAsync(byte[] content, int step, int level)
    {
        var output = new MemoryStream();
        await using var zstd = new ParallelZstdStream(output, level, workers: 2);
        for (var offset = 0; offset < content.Length; offset += step)
        {
            await zstd.WriteAsync(content.AsMemory(offset, Math.Min(step, content.Length - offset)));
        }

        await zstd.FinishAsync();
        return output.ToArray();
    }
}
