using Gantry.IO.Compression;

namespace Gantry.Storage.Tests.Tar;

/// <summary>Formats that a program of the host undoes.</summary>
public sealed class CompressedTests
{
    [Theory]
    [InlineData("xz")]
    [InlineData("bzip2")]
    public async Task What_a_program_has_compressed_is_read(string program)
    {
        using var folder = new TestDirectory();
        var file = Path.Combine(folder.Path, "content");
        var content = new byte[3_000_000];
        new Random(1).NextBytes(content.AsSpan(0, 1_000_000));
        await File.WriteAllBytesAsync(file, content);
        Shell.Run($"{program} -c {file} > {file}.packed");

        await using (var source = File.OpenRead(file + ".packed"))
        await using (var plain = await Decompression.OpenAsync(source))
        {
            var read = new MemoryStream();
            await plain.CopyToAsync(read);
            Assert.Equal(content, read.ToArray());
        }

        // Looked at and left, and broken off.
        await using (var source = File.OpenRead(file + ".packed"))
        await using (var plain = await Decompression.OpenAsync(source))
        {
            Assert.Equal(content[0], plain.ReadByte());
        }

        await using (var source = new MemoryStream((await File.ReadAllBytesAsync(file + ".packed"))[..500_000]))
        await using (var plain = await Decompression.OpenAsync(source))
        {
            await Assert.ThrowsAsync<InvalidDataException>(() => plain.CopyToAsync(Stream.Null));
        }
    }
}
