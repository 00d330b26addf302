using Gantry.BuildKit;
using Gantry.Build.Tests.Support;
using Gantry.Errors;

namespace Gantry.Build.Tests.Client;

/// <summary>Builds whose client hands its files over as they are needed.</summary>
public sealed class ClientFilesTests
{
    [Fact]
    public async Task Only_files_that_a_step_uses_are_asked_for()
    {
        await using var harness = await Harness.CreateAsync();
        var client = new FakeClient().Dockerfile("FROM busybox\nCOPY d /d\nRUN cat /d/used\n")
            .Directory("context", "d").File("context", "d/used", "wanted").File("context", "huge", "never");

        using var build = await RunAsync(harness, client);

        Assert.Equal(["context/d/used", "dockerfile/Dockerfile"], client.Fetched.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Files_that_are_as_they_were_are_not_sent_again()
    {
        await using var harness = await Harness.CreateAsync();
        var client = new FakeClient { SharedKey = "mine" }.Dockerfile("FROM scratch\nCOPY same /\nCOPY . /all\n").File("context", "same", "one").File("context", "other", "two");
        (await RunAsync(harness, client)).Dispose();
        client.Fetched.Clear();

        (await RunAsync(harness, client)).Dispose();
        Assert.Equal(["dockerfile/Dockerfile"], client.Fetched);

        // Another file: what is copied again is sent again, what isn't is not.
        client.Fetched.Clear();
        client.File("context", "third", "three");
        using var build = await RunAsync(harness, client);
        await build.SendFolderAsync(client, 0, CancellationToken.None);
        Assert.Equal(["context/other", "context/same", "context/third", "dockerfile/Dockerfile"], client.Fetched.Order(StringComparer.Ordinal));
        Assert.Equal(("one", "two", "three"), (client.Exported["all/same"], client.Exported["all/other"], client.Exported["all/third"]));
    }

    [Fact]
    public async Task Another_clients_files_are_not_taken_for_these()
    {
        await using var harness = await Harness.CreateAsync();
        (await RunAsync(harness, new FakeClient { SharedKey = "mine" }.Dockerfile("FROM scratch\nCOPY f /\n").File("context", "f", "one"))).Dispose();
        var other = new FakeClient { SharedKey = "theirs" }.Dockerfile("FROM scratch\nCOPY f /\n").File("context", "f", "two");

        using var build = await RunAsync(harness, other);
        await build.SendFolderAsync(other, 0, CancellationToken.None);

        Assert.Equal("two", other.Exported["f"]);
    }

    [Fact]
    public async Task An_epoch_is_the_time_of_all_steps()
    {
        await using var harness = await Harness.CreateAsync();
        var client = new FakeClient().Dockerfile("FROM scratch\nCOPY f /\nENV A=b\n").File("context", "f", "x");

        using var build = await RunAsync(harness, client, r => r with { Epoch = DateTimeOffset.FromUnixTimeSeconds(1_000_000_000) });
        var image = harness.Images.Config((await build.SaveAsync([], CancellationToken.None)).ImageId);

        Assert.Equal("2001-09-09T01:46:40Z", image.Created);
        Assert.All(image.History!, h => Assert.Equal("2001-09-09T01:46:40Z", h.Created));
    }

    [Fact]
    public async Task The_image_reads_as_BuildKits()
    {
        await using var harness = await Harness.CreateAsync();
        var client = new FakeClient().Dockerfile("FROM busybox\nARG V=1\nENV A=b\nRUN echo $V > /v\nWORKDIR /w\nCOPY f /f\nEXPOSE 80\nCMD [\"sh\"]\n").File("context", "f", "x");

        using var build = await RunAsync(harness, client, r => r with { Labels = new Dictionary<string, string> { ["made"] = "here" } });
        var image = harness.Images.Config((await build.SaveAsync([], CancellationToken.None)).ImageId);

        Assert.Equal(
            ["ARG V=1", "ENV A=b", "RUN |1 V=1 /bin/sh -c echo $V > /v # buildkit", "WORKDIR /w", "COPY f /f # buildkit", "EXPOSE [80/tcp]", "CMD [\"sh\"]"],
            image.History!.Skip(1).Select(h => h.CreatedBy));
        Assert.All(image.History!.Skip(1), h => Assert.Equal("buildkit.dockerfile.v0", h.Comment));
        Assert.Equal("here", image.Config!.Labels!["made"]);
        Assert.Null(image.DockerVersion);
        Assert.Null(image.Config.Image);
    }

    [Fact]
    public async Task The_ignore_file_beside_the_Dockerfile_wins()
    {
        await using var harness = await Harness.CreateAsync();
        var client = new FakeClient().Dockerfile("FROM busybox\nCOPY . /all\n").File("dockerfile", "Dockerfile.dockerignore", "# c\na/*\n!a/b\n")
            .File("context", ".dockerignore", "other\n").File("context", "f", "x");

        using var build = await RunAsync(harness, client);

        Assert.Equal(["a/*", "!a/b"], client.Requests.Single(r => r.Folder == "context").Exclude);
    }

    [Fact]
    public async Task The_contexts_ignore_file_is_read_where_there_is_no_other()
    {
        await using var harness = await Harness.CreateAsync();
        var client = new FakeClient().Dockerfile("FROM busybox\nCOPY . /all\n").File("context", ".dockerignore", "one\ntwo\n").File("context", "f", "x");

        using var build = await RunAsync(harness, client);

        Assert.Equal(["one", "two"], client.Requests.Single(r => r.Folder == "context" && r.Follow.Count == 0).Exclude);
    }

    [Fact]
    public async Task A_file_that_has_grown_since_it_was_announced_is_taken_as_it_comes()
    {
        await using var harness = await Harness.CreateAsync();
        var client = new FakeClient().Dockerfile("FROM scratch\nCOPY . /\n").File("context", "a", "short").File("context", "b", "next");
        var (stat, _) = client.Folders["context"][0];
        var grown = new string('x', 100_000);
        client.Folders["context"][0] = (stat, System.Text.Encoding.UTF8.GetBytes(grown));

        using var build = await RunAsync(harness, client);
        await build.SendFolderAsync(client, 0, CancellationToken.None);

        Assert.Equal(grown, client.Exported["a"]);
        Assert.Equal("next", client.Exported["b"]);
    }

    [Theory]
    [InlineData("../evil")]
    [InlineData("/etc/passwd")]
    [InlineData("a/../../b")]
    [InlineData("a//b")]
    [InlineData("./a")]
    [InlineData("..")]
    [InlineData("nowhere/f")]
    [InlineData("twice")]
    [InlineData("file/below")]
    public async Task Announcements_that_lead_elsewhere_are_refused(string path)
    {
        await using var harness = await Harness.CreateAsync();
        var client = new FakeClient().Dockerfile("FROM busybox\nCOPY . /all\n").File("context", "file", "x").File("context", "twice", "x").File("context", path, "evil");

        var failure = await Assert.ThrowsAsync<GantryException>(() => RunAsync(harness, client));

        Assert.Equal(ErrorKind.InvalidArgument, failure.Kind);
        Assert.Empty(Directory.EnumerateFileSystemEntries(harness.TemporaryFolder));
    }

    [Fact]
    public async Task A_hard_link_that_leads_out_is_refused()
    {
        await using var harness = await Harness.CreateAsync();
        var client = new FakeClient().Dockerfile("FROM busybox\nCOPY . /all\n");
        client.Folders["context"].Add((new FileStat { Path = "l", Mode = 0x1a4, LinkName = "../../etc/shadow" }, []));

        await Assert.ThrowsAsync<GantryException>(() => RunAsync(harness, client));
    }

    [Theory]
    [InlineData(FilePacketType.Data)]
    [InlineData(FilePacketType.Request)]
    [InlineData(FilePacketType.Stat)]
    [InlineData(FilePacketType.Error)]
    [InlineData((FilePacketType)99)]
    public async Task What_was_not_asked_for_ends_the_build(FilePacketType type)
    {
        await using var harness = await Harness.CreateAsync();
        var client = new FakeClient { Rogue = new FilePacket(type, null, 7, "why"u8.ToArray()) }.Dockerfile("FROM busybox\nCOPY . /all\n").File("context", "f", "x");

        await Assert.ThrowsAsync<GantryException>(() => RunAsync(harness, client));
    }

    [Fact]
    public async Task A_missing_file_is_told_in_BuildKits_words_with_its_line()
    {
        await using var harness = await Harness.CreateAsync();
        var client = new FakeClient().Dockerfile("FROM busybox\n\nCOPY missing /\n");

        var failure = await Assert.ThrowsAsync<GantryException>(() => RunAsync(harness, client));

        Assert.Matches("^failed to compute cache key: failed to calculate checksum of ref .*: \"/missing\": not found$", failure.Message);
        Assert.Equal(3, BuildFailure.SourceOf(failure)!.Range.Start);
    }

    [Fact]
    public async Task A_failed_command_is_told_in_BuildKits_words_with_its_line()
    {
        await using var harness = await Harness.CreateAsync();
        var client = new FakeClient().Dockerfile("FROM busybox\nRUN exit 7\n");

        var failure = await Assert.ThrowsAsync<GantryException>(() => RunAsync(harness, client));

        Assert.Equal("process \"/bin/sh -c exit 7\" did not complete successfully: exit code: 7", failure.Message);
        Assert.Equal((2, "Dockerfile"), (BuildFailure.SourceOf(failure)!.Range.Start, BuildFailure.SourceOf(failure)!.FileName));
        Assert.Equal(7, BuildFailure.ExitCodeOf(failure));
    }

    [Fact]
    public async Task A_Dockerfile_that_is_not_there_is_told()
    {
        await using var harness = await Harness.CreateAsync();

        var failure = await Assert.ThrowsAsync<GantryException>(() => RunAsync(harness, new FakeClient()));

        Assert.Equal("failed to read dockerfile: open Dockerfile: no such file or directory", failure.Message);
    }

    [Fact]
    public async Task Folders_and_results_of_other_builds_have_names()
    {
        await using var harness = await Harness.CreateAsync();
        var first = await PrepareAsync(harness, new FakeClient().Dockerfile("FROM busybox\nENV FROM_FIRST=yes\nRUN echo one > /one\n"), r => r);
        Assert.True(first.TryHold());
        var client = new FakeClient().Dockerfile("FROM base\nCOPY --from=extra f /f\nCOPY --from=base /one /two\nRUN --mount=from=extra,target=/m cat /m/f\n").File("extra", "f", "from a folder");
        var named = new Dictionary<string, NamedContext> { ["base"] = new() { Build = first }, ["extra"] = new() { Folder = "extra" } };

        var second = await PrepareAsync(harness, client, r => r with { NamedContexts = named });
        first.Dispose();
        await second.RunAsync(CancellationToken.None);
        await second.SendFolderAsync(client, 0, CancellationToken.None);
        var image = harness.Images.Config((await second.SaveAsync([], CancellationToken.None)).ImageId);
        second.Dispose();

        Assert.Equal(("from a folder", "one\n"), (client.Exported["f"], client.Exported["two"]));
        Assert.Contains("FROM_FIRST=yes", image.Config!.Env!);
        Assert.False(first.TryHold());
    }

    [Fact]
    public async Task Exports_keep_links()
    {
        await using var harness = await Harness.CreateAsync();
        var client = new FakeClient().Dockerfile("FROM busybox AS b\nRUN mkdir /o && echo x > /o/a && ln /o/a /o/b && ln -s a /o/c\nFROM scratch\nCOPY --from=b /o /o\n");

        using var build = await RunAsync(harness, client);
        await build.SendFolderAsync(client, 0, CancellationToken.None);

        Assert.Equal(
            [("o", ""), ("o/a", "x\n"), ("o/b", "-> o/a"), ("o/c", "-> a")],
            client.Exported.OrderBy(e => e.Key, StringComparer.Ordinal).Select(e => (e.Key, e.Value)));
    }

    [Fact]
    public async Task Stages_named_by_no_cache_alone_are_built_again()
    {
        await using var harness = await Harness.CreateAsync();
        var client = new FakeClient().Dockerfile("FROM busybox AS one\nRUN cat /proc/sys/kernel/random/uuid > /u\nFROM busybox AS two\nRUN cat /proc/sys/kernel/random/uuid > /u\nFROM scratch\nCOPY --from=one /u /one\nCOPY --from=two /u /two\n");
        var exported = new List<(string One, string Two)>();
        foreach (var stages in new[] { Array.Empty<string>(), ["two"] })
        {
            using var build = await RunAsync(harness, client, r => r with { NoCacheStages = stages });
            await build.SendFolderAsync(client, 0, CancellationToken.None);
            exported.Add((client.Exported["one"], client.Exported["two"]));
            client.Exported.Clear();
        }

        Assert.Equal(exported[0].One, exported[1].One);
        Assert.NotEqual(exported[0].Two, exported[1].Two);
    }

    internal static async Task<PreparedBuild> RunAsync(Harness harness, FakeClient client, Func<BuildRequest, BuildRequest>? change = null)
    {
        var build = await PrepareAsync(harness, client, change ?? (r => r));
        try
        {
            await build.RunAsync(CancellationToken.None);
            return build;
        }
        catch
        {
            build.Dispose();
            throw;
        }
    }

    private static Task<PreparedBuild> PrepareAsync(Harness harness, FakeClient client, Func<BuildRequest, BuildRequest> change) => harness.Service.PrepareAsync(
        change(new BuildRequest { Style = BuildStyle.BuildKit, ClientFiles = new ClientFiles(client) }), new ClassicTranscript(new RecordedTranscript()), CancellationToken.None);
}
