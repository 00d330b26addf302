using System.IO.Compression;
using Gantry.IO.Compression;

namespace Gantry.Storage.Tests.Compression;

/// <summary>Layers as they go to registries.</summary>
public sealed class ParallelGzipTests
{
    [Theory]
    [InlineData("random", 0)]
    [InlineData("random", 1)]
    [InlineData("random", 65_535)]
    [InlineData("random", 65_536)]
    [InlineData("random", (1 << 20) + 1)]
    [InlineData("random", 5_000_000)]
    [InlineData("text", 5_000_000)]
    [InlineData("mixed", 5_000_000)]
    public async Task Comes_back_as_it_was(string kind, int size)
    {
        var content = Content(kind, size);

        var packed = await PackAsync(content, size);

        Assert.Equal(content, Unpack(packed));
        Assert.True(packed.Length <= size + (size / 1000) + 64, $"{size} bytes became {packed.Length}");
    }

    [Fact]
    public async Task Same_output_however_it_is_written()
    {
        var content = Content("mixed", 3_000_000);

        Assert.Equal(await PackAsync(content, content.Length), await PackAsync(content, 7_777));
    }

    private static byte[] Content(string kind, int size)
    {
        var content = new byte[size];
        new Random(size).NextBytes(content);
        for (var i = 0; i < size; i++)
        {
            if (kind == "text" || (kind == "mixed" && (i >> 20) % 2 == 0))
            {
                content[i] = (byte)('a' + (i % 7));
            }
        }

        return content;
    }

    private static async Task<byte[]> PackAsync(byte[] content, int step)
    {
        var output = new MemoryStream();
        await using var gzip = new ParallelGzipStream(output, workers: 2);
        for (var offset = 0; offset < content.Length; offset += step)
        {
            await gzip.WriteAsync(content.AsMemory(offset, Math.Min(step, content.Length - offset)));
        }

        await gzip.FinishAsync();
        return output.ToArray();
    }

    private static byte[] Unpack(byte[] packed)
    {
        using var gzip = new GZipStream(new MemoryStream(packed), CompressionMode.Decompress);
        var output = new MemoryStream();
        gzip.CopyTo(output);
        return output.ToArray();
    }
}
