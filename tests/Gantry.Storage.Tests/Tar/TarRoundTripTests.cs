using CsCheck;
using Gantry.IO.Tar;
using Gantry.Linux;
using Bcl = System.Formats.Tar;

namespace Gantry.Storage.Tests.Tar;

public sealed class TarRoundTripTests
{
    private static readonly string[] s_xattrs = ["user.a", "security.capability", "trusted.x"];

    private static readonly Gen<byte> s_nameByte = Gen.Frequency((10, Gen.Byte[(byte)'a', (byte)'z']), (1, Gen.Byte[0x80, 0xff]), (1, Gen.Byte[1, 46]));

    private static readonly Gen<string> s_component = s_nameByte.Array[1, 140].Select(b => LinuxPath.Decode(b)).Where(s => s is not ("." or ".."));

    private static readonly Gen<string> s_name = s_component.Array[1, 4].Select(parts => string.Join('/', parts));

    private static readonly Gen<TarEntry> s_entry = Gen.Select(
        s_name,
        Gen.Int[0, 6].Select(i => (TarEntryKind)i),
        Gen.Int[0, 0xFFF],
        Gen.UInt[0, uint.MaxValue - 1],
        Gen.Long[-5_000_000_000_000_000_000, 5_000_000_000_000_000_000],
        s_name,
        Gen.Select(Gen.Int[0, 2].Select(i => s_xattrs[i]), Gen.Byte.Array[0, 40]).Array[0, 2])
        .Select((name, kind, mode, id, time, link, xattrs) => new TarEntry
        {
            Name = name,
            Kind = kind,
            Mode = mode,
            UserId = id,
            GroupId = id / 3,
            ModifiedNanoseconds = time,
            LinkName = kind is TarEntryKind.Symlink or TarEntryKind.Hardlink ? link : string.Empty,
            DeviceMajor = kind is TarEntryKind.CharacterDevice ? id % 4096 : 0,
            DeviceMinor = kind is TarEntryKind.BlockDevice ? id % 100_000 : 0,
            Xattrs = xattrs.Length == 0 ? null
                : [.. xattrs.DistinctBy(x => x.Item1).OrderBy(x => x.Item1, StringComparer.Ordinal).Select(x => KeyValuePair.Create(x.Item1, x.Item2))],
        });

    private static readonly Gen<(TarEntry, byte[])[]> s_archive =
        Gen.Select(s_entry, Gen.Byte.Array[0, 3000]).Select((e, c) => e.Kind == TarEntryKind.File ? (e, c) : (e, [])).Array[0, 8];

    [Fact]
    public void What_is_written_is_read() => s_archive.Sample(
        entries =>
        {
            var read = ReadAll(Write(entries));
            Assert.Equal(entries.Length, read.Count);
            foreach (var ((expected, content), (actual, actualContent)) in entries.Zip(read))
            {
                AssertSame(expected with { Size = content.Length }, actual);
                Assert.Equal(content, actualContent);
            }
        },
        iter: 500);

    /// <summary>Contents around the writer's buffer of 128 kB, which go through it, past it, or both.</summary>
    [Fact]
    public void The_order_is_kept_whatever_the_sizes() => Gen.OneOf(Gen.Int[0, 5000], Gen.Int[60_000, 70_000], Gen.Int[100_000, 140_000], Gen.Int[250_000, 270_000]).Array[1, 8].Sample(
        sizes =>
        {
            var entries = sizes.Select((size, i) =>
            {
                var content = new byte[size];
                new Random(size).NextBytes(content);
                return (new TarEntry { Name = $"f{i}", Kind = TarEntryKind.File }, content);
            }).ToArray();
            var read = ReadAll(Write(entries));
            Assert.Equal(entries.Select(e => (e.Item1.Name, Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(e.content)))),
                read.Select(r => (r.Item1.Name, Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(r.Item2)))));
        },
        iter: 60);

    [Fact]
    public void The_same_entries_give_the_same_bytes() => s_archive.Sample(entries => Write(entries).AsSpan().SequenceEqual(Write(entries)), iter: 50);

    [Fact]
    public void NET_reads_the_same() => s_archive.Sample(
        entries =>
        {
            // The BCL holds ids in an int, names in UTF-8 only, and refuses binary attributes and records with line feeds.
            entries = [.. entries.Where(e => e.Item1 is { UserId: <= int.MaxValue, Xattrs: null } && IsReadable(e.Item1.Name) && IsReadable(e.Item1.LinkName))];
            using var reader = new Bcl.TarReader(new MemoryStream(Write(entries)));
            foreach (var (entry, content) in entries)
            {
                var other = reader.GetNextEntry()!;
                Assert.Equal(entry.Name, other.Name.TrimEnd('/'));
                Assert.Equal(entry.Mode, (int)other.Mode);
                Assert.Equal(content.Length, other.Length);
                Assert.Equal(entry.LinkName, other.LinkName ?? string.Empty);
                Assert.Equal(content, ToArray(other.DataStream));
            }

            Assert.Null(reader.GetNextEntry());
        },
        iter: 200);

    [Fact]
    public void A_split_name_beside_other_records_is_whole_for_NET()
    {
        var name = $"{new string('d', 90)}/{new string('n', 90)}";
        var bytes = Write([(new TarEntry { Name = name, Kind = TarEntryKind.File, Mode = 0x1A4, ModifiedNanoseconds = 1_000_000_001 }, [])]);

        using var reader = new Bcl.TarReader(new MemoryStream(bytes));
        Assert.Equal(name, reader.GetNextEntry()!.Name);
    }

    [Fact]
    public void GNU_tar_reads_the_same()
    {
        using var directory = new TestDirectory();
        var longName = string.Join('/', Enumerable.Repeat(new string('n', 90), 6));
        File.WriteAllBytes(directory["a.tar"], new TarBuilder()
            .Directory("d", 0x1C0)
            .File("d/f", "hello", 0x9ED)
            .File(longName, "deep")
            .Symlink("s", new string('t', 300))
            .Hardlink("h", "d/f")
            .Build());

        var listing = Shell.Run("tar --numeric-owner -tvf a.tar", directory.Path).Split('\n');

        Assert.Matches("^drwx------ 0/0 .* d/$", listing[0]);
        Assert.Matches("^-rwsr-xr-x 0/0 +5 .* d/f$", listing[1]);
        Assert.EndsWith(longName, listing[2], StringComparison.Ordinal);
        Assert.EndsWith($"s -> {new string('t', 300)}", listing[3], StringComparison.Ordinal);
        Assert.EndsWith("h link to d/f", listing[4], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gnu")]
    [InlineData("posix")]
    [InlineData("ustar")]
    [InlineData("v7")]
    public void GNU_tar_formats_are_read(string format)
    {
        using var directory = new TestDirectory();
        var deep = format is "gnu" or "posix" ? "$(printf '%090d' 1)/$(printf '%090d' 2)/$(printf '%0120d' 3)" : "a/b";
        Shell.Run(
            $"""
            mkdir t; cd t; mkdir -p "$(dirname {deep})"; echo hi > {deep}; ln -s {deep} link; ln {deep} hard
            mkdir dir; chmod 1777 dir; touch -d @1234567890.5 dir
            tar --format={format} --sort=name -cf ../a.tar .
            """,
            directory.Path);

        var entries = ReadAll(File.ReadAllBytes(directory["a.tar"])).ToDictionary(e => e.Entry.Name);

        Assert.Equal(TarEntryKind.Symlink, entries["./link"].Entry.Kind);
        Assert.Equal(0x3FF, entries["./dir"].Entry.Mode);
        Assert.Equal(format == "posix" ? 1234567890500000000 : 1234567890000000000, entries["./dir"].Entry.ModifiedNanoseconds);
        Assert.Single(entries.Values, e => e.Entry.Kind == TarEntryKind.Hardlink);
        Assert.Single(entries.Values, e => e.Content.AsSpan().SequenceEqual("hi\n"u8));
    }

    [Theory]
    [InlineData("--format=gnu", "")]
    [InlineData("--format=posix", "--sparse-version=0.0")]
    [InlineData("--format=posix", "--sparse-version=0.1")]
    [InlineData("--format=posix", "--sparse-version=1.0")]
    public void Sparse_files_are_read(string format, string version)
    {
        using var directory = new TestDirectory();
        Shell.Run(
            $"""
            truncate -s 3M f
            for i in $(seq 1 60); do printf "part$i" | dd of=f bs=1 seek=$((i*49152)) conv=notrunc status=none; done
            tar {format} {version} -S -cf a.tar f
            """,
            directory.Path);

        var (entry, content) = Assert.Single(ReadAll(File.ReadAllBytes(directory["a.tar"])));

        Assert.Equal("f", entry.Name);
        Assert.Equal(3 << 20, entry.Size);
        Assert.True(entry.Extents!.Count >= 60);
        var whole = new byte[entry.Size];
        var position = 0;
        foreach (var extent in entry.Extents)
        {
            content.AsSpan(position, (int)extent.Length).CopyTo(whole.AsSpan((int)extent.Offset));
            position += (int)extent.Length;
        }

        Assert.Equal(File.ReadAllBytes(directory["f"]), whole);
    }

    internal static List<(TarEntry Entry, byte[] Content)> ReadAll(byte[] archive)
    {
        var entries = new List<(TarEntry, byte[])>();
        using var reader = new TarReader(new TrickleStream(archive));
        while (reader.ReadEntryAsync().AsTask().Result is { } entry)
        {
            var content = new MemoryStream();
            while (reader.ReadDataAsync().AsTask().Result is { IsEmpty: false } piece)
            {
                content.Write(piece.Span);
            }

            entries.Add((entry, content.ToArray()));
        }

        Assert.Equal(archive.Length, reader.Position);
        return entries;
    }

    private static byte[] Write((TarEntry, byte[])[] entries)
    {
        var builder = new TarBuilder();
        foreach (var (entry, content) in entries)
        {
            builder.Add(entry, content);
        }

        return builder.Build();
    }

    private static void AssertSame(TarEntry expected, TarEntry actual)
    {
        Assert.Equal(expected with { Xattrs = null }, actual with { Xattrs = null });
        Assert.Equal(
            (expected.Xattrs ?? []).Select(x => x.Key + Convert.ToHexString(x.Value)), (actual.Xattrs ?? []).Select(x => x.Key + Convert.ToHexString(x.Value)));
    }

    private static bool IsReadable(string text) => System.Text.Unicode.Utf8.IsValid(LinuxPath.Encode(text)) && !text.Contains('\n', StringComparison.Ordinal);

    private static byte[] ToArray(Stream? stream)
    {
        var copy = new MemoryStream();
        stream?.CopyTo(copy);
        return copy.ToArray();
    }
}
