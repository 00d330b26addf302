using Gantry.EndToEnd.Tests.Engine;

namespace Gantry.EndToEnd.Tests.Container;

/// <summary>Readers that are slower than the container, whose end must not cost them anything.</summary>
[Collection(EngineCollection.Name)]
public sealed class SlowReaderTests(EngineProcess engine)
{
    /// <summary>Sizes around what the buffers between container and reader hold, so that with some of them the last piece is still in the monitor.</summary>
    [Fact]
    public async Task What_is_on_its_way_when_the_container_ends_arrives()
    {
        for (var kilobytes = 100; kilobytes <= 1000; kilobytes += 60)
        {
            using var process = Command.Start(Repository.Binary("gantry"), ["run", "--rm", "--network", "none", "busybox", "head", "-c", $"{kilobytes}000", "/dev/zero"], engine.Environment);
            await Task.Delay(700);
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));

            var all = new MemoryStream();
            await process.StandardOutput.BaseStream.CopyToAsync(all, limit.Token);

            Assert.Equal(kilobytes * 1000, all.Length);
            await process.WaitForExitAsync(limit.Token);
            Assert.Equal(0, process.ExitCode);
        }
    }
}
