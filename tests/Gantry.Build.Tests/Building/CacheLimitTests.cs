using Gantry.Build.Tests.Support;

namespace Gantry.Build.Tests.Building;

public sealed class CacheLimitTests
{
    /// <summary>Nothing of the three steps is in the image.</summary>
    private const string ThreeSteps = "FROM busybox AS work\nRUN head -c 300000 /dev/zero > /a\nRUN head -c 200000 /dev/zero > /b\nRUN head -c 100000 /dev/zero > /c\nFROM busybox\nCOPY --from=work /etc/passwd /d\n";

    [Theory]
    // Reserved alone is what to keep; the others leave it alone.
    [InlineData(0, 0, 0, 900, 50, 0)]
    [InlineData(300, 0, 0, 900, 50, 300)]
    [InlineData(0, 400, 0, 900, 50, 400)]
    [InlineData(500, 400, 0, 900, 50, 500)]
    // 70 are missing on the disk.
    [InlineData(0, 0, 120, 900, 50, 830)]
    [InlineData(0, 400, 120, 900, 50, 400)]
    [InlineData(0, 860, 120, 900, 50, 830)]
    [InlineData(880, 860, 120, 900, 50, 880)]
    [InlineData(0, 0, 1200, 900, 50, 0)]
    // Enough is free.
    [InlineData(0, 0, 40, 900, 50, long.MaxValue)]
    [InlineData(300, 0, 40, 900, 50, long.MaxValue)]
    public void Limits_come_to_what_is_kept(long reserved, long maxUsed, long minFree, long used, long free, long kept) =>
        Assert.Equal(kept, new CacheSpace(reserved, maxUsed, minFree).Keep(used, free));

    [Fact]
    public void Without_settings_limits_follow_from_the_disk()
    {
        var rules = CacheRule.Defaults(CacheSpace.None, 100L << 30);

        Assert.Equal(4, rules.Count);
        Assert.Equal(new CacheSpace(11_000_000_000, 81_000_000_000, 21_000_000_000), rules[^1].Space);
        Assert.Equal([false, false, false, true], rules.Select(r => r.All));
        Assert.InRange(rules[0].Space.MaxUsed, 1_519_900_000, 1_520_000_000);
        Assert.Equal(TimeSpan.FromHours(48), CacheFilter.Age(rules[0].Filters, DateTimeOffset.UtcNow));
        Assert.Equal(new CacheSpace(7, 0, 0), CacheRule.Defaults(new CacheSpace(7, 0, 0), 100L << 30)[2].Space);
    }

    [Fact]
    public async Task Pruning_to_a_size_takes_what_was_used_longest_ago()
    {
        await using var harness = await Harness.CreateAsync();
        await harness.BuildAsync(ThreeSteps);
        var before = harness.Service.DiskUsage().Where(r => !r.Shared).ToList();
        var size = before.Sum(r => r.Size);

        var all = await harness.Service.PruneAsync(new CachePruneOptions { Space = new CacheSpace(0, size, 0) });
        Assert.Empty(all.CachesDeleted);

        var some = await harness.Service.PruneAsync(new CachePruneOptions { Space = new CacheSpace(0, size - 1, 0) });
        Assert.Equal(before.MinBy(r => r.LastUsed)!.Id, Assert.Single(some.CachesDeleted));
    }

    [Fact]
    public async Task Rules_are_followed_one_after_the_other()
    {
        await using var harness = await Harness.CreateAsync();
        var nothing = new CacheRule(false, new Dictionary<string, IReadOnlyList<string>> { ["until"] = ["24h"] }, CacheSpace.None);
        var most = new CacheRule(false, new Dictionary<string, IReadOnlyList<string>>(), new CacheSpace(0, 150_000, 0));
        harness.Restart(nothing);
        await harness.BuildAsync(ThreeSteps);
        await harness.Service.CollectAsync(CancellationToken.None);
        Assert.Equal(4, harness.Service.DiskUsage().Count);

        harness.Restart(nothing, most);
        await harness.Service.CollectAsync(CancellationToken.None);

        Assert.Equal(100_000, Assert.Single(harness.Service.DiskUsage(), r => !r.Shared).Size);
        Assert.Single(harness.Service.DiskUsage(), r => r.Shared);
    }

    [Fact]
    public async Task A_build_that_ended_leads_to_a_collection()
    {
        await using var harness = await Harness.CreateAsync();
        harness.Restart(new CacheRule(true, new Dictionary<string, IReadOnlyList<string>>(), CacheSpace.None));
        await harness.BuildAsync(ThreeSteps);

        for (var i = 0; harness.Service.DiskUsage().Count > 0; i++)
        {
            Assert.True(i < 600, "the cache was not pruned");
            await Task.Delay(50);
        }
    }

    [Theory]
    [InlineData("until", "1h", "unused-for", "2h", "conflicting filters: \"until\" and \"unused-for\"")]
    [InlineData("until", "1h,2h", "id", "x", "filters expect only one value")]
    public void Ages_that_contradict_are_refused(string name, string values, string other, string value, string error)
    {
        var filters = new Dictionary<string, IReadOnlyList<string>> { [name] = values.Split(','), [other] = [value] };

        Assert.Equal(error, Assert.Throws<Errors.GantryException>(() => CacheFilter.Parse(filters, DateTimeOffset.UtcNow)).Message);
    }
}
