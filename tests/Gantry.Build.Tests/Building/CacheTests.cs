using Gantry.Build.Tests.Support;

namespace Gantry.Build.Tests.Building;

public sealed class CacheTests
{
    private const string Dockerfile = "FROM busybox\nARG A\nCOPY f /f\nRUN cat /f $A > /out || true\nLABEL x=y\n";

    [Fact]
    public async Task Touch_does_not_invalidate_but_content_mode_and_arguments_do()
    {
        await using var harness = await Harness.CreateAsync();
        var first = await BuildAsync(harness, "one", 0x1a4, "1", year: 2020);
        var touched = await BuildAsync(harness, "one", 0x1a4, "1", year: 2021);
        Assert.Equal(first.Id, touched.Id);
        Assert.Equal(4, touched.Cached);

        Assert.Equal(1, (await BuildAsync(harness, "two", 0x1a4, "1", 2020)).Cached);
        Assert.Equal(1, (await BuildAsync(harness, "one", 0x1ed, "1", 2020)).Cached);
        // The file is the same, so its copy is; the argument is new to the command.
        Assert.Equal(2, (await BuildAsync(harness, "one", 0x1a4, "2", 2020)).Cached);
    }

    [Fact]
    public async Task Survives_a_restart_and_a_lost_layer()
    {
        await using var harness = await Harness.CreateAsync();
        var (_, image) = await harness.BuildAsync("FROM busybox\nRUN echo 1 > /x\nRUN echo 2 > /y\n");
        harness.Restart();
        Assert.Equal(2, Cached((await harness.BuildAsync("FROM busybox\nRUN echo 1 > /x\nRUN echo 2 > /y\n")).Transcript));

        harness.Layers.RemoveLayer(Oci.ChainId.Of(image.RootFs.DiffIds)[^1]);
        Assert.Equal(1, Cached((await harness.BuildAsync("FROM busybox\nRUN echo 1 > /x\nRUN echo 2 > /y\n")).Transcript));
        Assert.Equal(3, harness.Runner.Ran.Count);
    }

    [Fact]
    public async Task What_comes_out_the_same_costs_nothing_further_down()
    {
        await using var harness = await Harness.CreateAsync();
        await harness.BuildAsync("FROM busybox AS a\nRUN echo same > /x\nFROM busybox\nCOPY --from=a /x /x\nRUN cat /x\n");
        var (transcript, _) = await harness.BuildAsync("FROM busybox AS a\nRUN echo    same > /x\nFROM busybox\nCOPY --from=a /x /x\nRUN cat /x\n");

        Assert.Equal(2, Cached(transcript));
        Assert.Equal(3, harness.Runner.Ran.Count);
    }

    [Fact]
    public async Task No_cache_runs_everything_once()
    {
        await using var harness = await Harness.CreateAsync();
        const string Text = "FROM busybox AS a\nRUN echo same\nFROM a\nCOPY --from=a /etc/passwd /p\n";
        await harness.BuildAsync(Text);
        var (transcript, _) = await harness.TryBuildAsync(new BuildRequest { ContextTar = Harness.Context(Text), NoCache = true });

        Assert.Equal(0, Cached(transcript));
        Assert.Equal(2, harness.Runner.Ran.Count);
    }

    [Fact]
    public async Task Takes_steps_over_from_named_images()
    {
        await using var harness = await Harness.CreateAsync();
        const string Text = "FROM busybox\nLABEL a=b\nRUN echo 1 > /x\nRUN echo 2 > /y\n";
        await harness.TryBuildAsync(new BuildRequest { ContextTar = Harness.Context(Text), Tags = ["from"] });
        await harness.Service.PruneAsync(new CachePruneOptions { All = true });

        var changed = new BuildRequest { ContextTar = Harness.Context(Text.Replace("echo 2", "echo 3", StringComparison.Ordinal)), CacheFrom = ["from", "missing"] };
        Assert.Equal(2, Cached((await harness.TryBuildAsync(changed)).Transcript));
        Assert.Equal(3, harness.Runner.Ran.Count);
    }

    [Fact]
    public async Task With_named_images_only_their_steps_are_cached()
    {
        await using var harness = await Harness.CreateAsync();
        const string Text = "FROM busybox\nENV A=b\nCOPY f /f\nRUN echo 1 > /x\n";
        await harness.TryBuildAsync(new BuildRequest { ContextTar = Harness.Context(Text, ("f", "content")), Tags = ["whole"] });
        await harness.TryBuildAsync(new BuildRequest { ContextTar = Harness.Context("FROM busybox\nENV A=b\n"), Tags = ["part"] });

        async Task<int> CachedWithAsync(params string[] names) =>
            Cached((await harness.TryBuildAsync(new BuildRequest { ContextTar = Harness.Context(Text, ("f", "content")), CacheFrom = names })).Transcript);

        Assert.Equal(3, await CachedWithAsync("whole"));
        Assert.Equal(0, await CachedWithAsync("missing"));
        Assert.Equal(1, await CachedWithAsync("part"));
        Assert.Equal(3, await CachedWithAsync());
    }

    [Fact]
    public async Task Identical_work_in_flight_is_shared()
    {
        await using var harness = await Harness.CreateAsync();
        const string Text = "FROM busybox\nRUN sleep 1; echo shared > /x\n";
        var results = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => harness.BuildAsync(Text)));

        Assert.Single(harness.Runner.Ran);
        Assert.Single(results.Select(r => r.Image.RootFs.DiffIds[^1]).Distinct());
    }

    [Fact]
    public async Task Lists_and_prunes_records()
    {
        await using var harness = await Harness.CreateAsync();
        await harness.BuildAsync("FROM busybox\nRUN --mount=type=cache,target=/c echo x > /c/x; echo 1234 > /y\nLABEL a=b\n");
        var records = harness.Service.DiskUsage();
        Assert.Equal(["exec.cachemount", "internal", "regular"], records.Select(r => r.Type).Order());
        Assert.Equal(5, records.Single(r => r.Type == "regular").Size);
        Assert.True(records.Single(r => r.Type == "regular").Shared);
        Assert.Single(harness.Service.CacheRoots());

        var none = await harness.Service.PruneAsync(new CachePruneOptions
        {
            All = true, Filter = CacheFilter.Parse(new Dictionary<string, IReadOnlyList<string>> { ["until"] = ["1h"] }, DateTimeOffset.UtcNow),
        });
        Assert.Empty(none.CachesDeleted);
        Assert.Single((await harness.Service.PruneAsync(new CachePruneOptions())).CachesDeleted);
        Assert.Equal(2, (await harness.Service.PruneAsync(new CachePruneOptions { All = true })).CachesDeleted.Count);
        Assert.Empty(harness.Service.DiskUsage());
    }

    private static int Cached(string transcript) => transcript.Split("Using cache").Length - 1;

    private static async Task<(Oci.Digest Id, int Cached)> BuildAsync(Harness harness, string content, int mode, string argument, int year)
    {
        var context = new ContextBuilder { Time = new DateTimeOffset(year, 1, 1, 0, 0, 0, TimeSpan.Zero) };
        var request = new BuildRequest
        {
            ContextTar = context.File("Dockerfile", Dockerfile).File("f", content, mode).Build(),
            BuildArguments = new Dictionary<string, string?> { ["A"] = argument },
            Tags = ["cached"],
        };
        var (transcript, _) = await harness.TryBuildAsync(request);
        return (harness.Images.Names["cached:latest"], Cached(transcript));
    }
}
