using System.Formats.Tar;
using Gantry.Build.Tests.Support;

namespace Gantry.Build.Tests.Building;

public sealed class HostileContextTests
{
    [Theory]
    [InlineData("../evil")]
    [InlineData("a/../../evil")]
    [InlineData("/evil")]
    public async Task What_leads_out_of_the_context_is_at_its_root(string path)
    {
        await using var harness = await Harness.CreateAsync();
        var context = ContextBuilder.Of("FROM busybox\nCOPY evil /good\nRUN cat /good\n").Raw(new PaxTarEntry(TarEntryType.RegularFile, path) { DataStream = new MemoryStream("inside"u8.ToArray()) });

        var (transcript, _) = await harness.TryBuildAsync(new BuildRequest { ContextTar = context.Build() });

        Assert.Contains("inside", transcript, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Files_below_a_link_are_refused()
    {
        var context = ContextBuilder.Of("FROM busybox\nCOPY . /\n").Link("l", "/etc").Raw(new PaxTarEntry(TarEntryType.RegularFile, "l/passwd") { DataStream = new MemoryStream([1]) });
        Assert.Contains("l in the build context is not a directory", await FailAsync(context), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Hard_links_to_nothing_are_refused()
    {
        var context = ContextBuilder.Of("FROM busybox\nCOPY . /\n").Raw(new PaxTarEntry(TarEntryType.HardLink, "h") { LinkName = "../../etc/shadow" });
        Assert.Contains("invalid hard link", await FailAsync(context), StringComparison.Ordinal);
        context = ContextBuilder.Of("FROM busybox\nCOPY . /\n").Raw(new PaxTarEntry(TarEntryType.HardLink, "h") { LinkName = "nothing" });
        Assert.Contains("invalid hard link", await FailAsync(context), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cut_tar_is_refused()
    {
        await using var harness = await Harness.CreateAsync();
        var whole = ContextBuilder.Of("FROM busybox\n").File("f", new byte[100_000]).Build().ToArray();
        var (transcript, image) = await harness.TryBuildAsync(new BuildRequest { ContextTar = new MemoryStream(whole, 0, 50_000) });

        Assert.Null(image);
        Assert.StartsWith("status 500\nError processing tar file: ", transcript, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(harness.TemporaryFolder));
    }

    [Fact]
    public async Task Links_in_the_image_do_not_lead_out_of_it()
    {
        await using var harness = await Harness.CreateAsync();
        var marker = Path.Combine(Path.GetTempPath(), "gantry-escape-" + Guid.NewGuid().ToString("N"));
        var (transcript, _) = await harness.BuildAsync(
            $"FROM busybox\nRUN ln -s / /root-link && ln -s ../../../../.. /etc/up && ln -s {Path.GetTempPath()} /t\n"
            + $"COPY f /root-link/{marker[1..]}\nCOPY f /etc/up/up-file\nCOPY f /t/{Path.GetFileName(marker)}2\nRUN ls {marker} /up-file {marker}2\n",
            ("f", "x"));

        Assert.Contains("/up-file\n", transcript, StringComparison.Ordinal);
        Assert.False(File.Exists(marker) || File.Exists(marker + "2") || File.Exists("/up-file"));
    }

    [Theory]
    [InlineData("../../out")]
    [InlineData("/abs/../../out")]
    public async Task An_added_archive_stays_below_its_destination(string name)
    {
        await using var harness = await Harness.CreateAsync();
        var archive = new ContextBuilder().File("ok", "x").Raw(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream([1]) }).Build();
        var context = ContextBuilder.Of("FROM busybox\nADD a.tar /d/\n").File("a.tar", archive.ToArray());
        var (transcript, image) = await harness.TryBuildAsync(new BuildRequest { ContextTar = context.Build() });

        Assert.Null(image);
        Assert.Contains("is outside of \"/d\"", transcript, StringComparison.Ordinal);
        Assert.Empty(harness.Layers.ContainerLayers());
    }

    [Fact]
    public async Task An_added_archive_may_follow_links_inside_the_image()
    {
        await using var harness = await Harness.CreateAsync();
        var archive = new ContextBuilder().Link("out", "/../../etc").File("out2", "x").Raw(new PaxTarEntry(TarEntryType.RegularFile, "out/added") { DataStream = new MemoryStream([1]) }).Build();
        var context = ContextBuilder.Of("FROM busybox\nADD a.tar /d/\nRUN ls /etc/added\n").File("a.tar", archive.ToArray());
        var (transcript, image) = await harness.TryBuildAsync(new BuildRequest { ContextTar = context.Build() });

        Assert.True(image is not null, transcript);
        Assert.False(File.Exists("/etc/added"));
    }

    [Fact]
    public async Task An_added_archive_that_was_cut_off_in_its_last_block_fails()
    {
        var archive = new ContextBuilder().File("ok", "x").Build().ToArray();
        var context = ContextBuilder.Of("FROM busybox\nADD a.tar /d/\n").File("a.tar", archive[..(Math.Max(1024, archive.Length / 512 * 512) - 1)]);

        Assert.Contains("unexpected EOF", await FailAsync(context), StringComparison.Ordinal);
    }

    private static async Task<string> FailAsync(ContextBuilder context)
    {
        await using var harness = await Harness.CreateAsync();
        var (transcript, image) = await harness.TryBuildAsync(new BuildRequest { ContextTar = context.Build() });
        Assert.Null(image);
        return transcript;
    }
}
