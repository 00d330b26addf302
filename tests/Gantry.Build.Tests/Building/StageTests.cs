using Gantry.Build.Tests.Support;

namespace Gantry.Build.Tests.Building;

public sealed class StageTests
{
    [Fact]
    public async Task An_empty_command_runs_the_images_and_is_none_in_the_configuration()
    {
        await using var harness = await Harness.CreateAsync();

        var (transcript, image) = await harness.BuildAsync("FROM busybox\nCMD [\"echo\", \"the image's\"]\nRUN []\nCMD []\n");
        Assert.Contains("\nthe image's\n", transcript, StringComparison.Ordinal);
        Assert.Null(image.Config!.Cmd);

        var (failed, none) = await harness.TryBuildAsync(new BuildRequest { ContextTar = Harness.Context("FROM busybox\nCMD []\nRUN []\n") });
        Assert.Null(none);
        Assert.EndsWith("no command specified\n", failed, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Independent_stages_run_at_the_same_time_and_are_told_in_order()
    {
        await using var harness = await Harness.CreateAsync();
        var both = new TaskCompletionSource();
        var running = 0;
        harness.Runner.Before = async _ =>
        {
            if (Interlocked.Increment(ref running) == 2)
            {
                both.SetResult();
            }

            await both.Task.WaitAsync(TimeSpan.FromSeconds(60));
        };
        var (transcript, _) = await harness.BuildAsync(
            "FROM busybox AS a\nRUN echo from-a\nFROM busybox AS b\nRUN echo from-b\nFROM busybox\nCOPY --from=a /etc/passwd /1\nCOPY --from=b /etc/passwd /2\n");

        Assert.True(transcript.IndexOf("\nfrom-a", StringComparison.Ordinal) < transcript.IndexOf("Step 3/7", StringComparison.Ordinal));
        Assert.True(transcript.IndexOf("Step 3/7", StringComparison.Ordinal) < transcript.IndexOf("\nfrom-b", StringComparison.Ordinal));
        Assert.EndsWith("Step 7/7 : COPY --from=b /etc/passwd /2\n", transcript[..(transcript.IndexOf("Step 7/7", StringComparison.Ordinal) + 40)], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stages_nobody_needs_are_skipped()
    {
        await using var harness = await Harness.CreateAsync();
        var (transcript, _) = await harness.BuildAsync("FROM busybox AS unused\nRUN false\nFROM busybox\nRUN true\n");

        Assert.StartsWith("Step 1/2 : FROM busybox\n", transcript, StringComparison.Ordinal);
        Assert.Equal(["/bin/sh -c true"], harness.Runner.Ran);
    }

    [Fact]
    public async Task The_classic_way_is_to_build_all_before_the_target()
    {
        await using var harness = await Harness.CreateAsync();
        const string Text = "FROM busybox AS unused\nRUN echo tested\nFROM busybox\nRUN true\nFROM busybox\nRUN false\n";
        var (transcript, image) = await harness.TryBuildAsync(new BuildRequest { ContextTar = Harness.Context(Text), AllStages = true, Target = "1" });

        Assert.True(image is not null, transcript);
        Assert.Contains("Step 2/4 : RUN echo tested\n", transcript, StringComparison.Ordinal);
        Assert.Equal(["/bin/sh -c echo tested", "/bin/sh -c true"], harness.Runner.Ran.Order());
        (transcript, image) = await harness.TryBuildAsync(new BuildRequest { ContextTar = Harness.Context(Text.Replace("echo tested", "exit 3", StringComparison.Ordinal)), AllStages = true, Target = "1" });
        Assert.Null(image);
        Assert.Contains("error 3 The command '/bin/sh -c exit 3' returned a non-zero code: 3", transcript, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failure_ends_the_other_stages_and_leaves_nothing()
    {
        await using var harness = await Harness.CreateAsync();
        var (transcript, image) = await harness.TryBuildAsync(new BuildRequest
        {
            ContextTar = Harness.Context("FROM busybox AS a\nRUN sleep 600\nFROM busybox AS b\nRUN sleep 1; echo failing; exit 9\nFROM a\nCOPY --from=b /x /x\n"),
        });

        Assert.Null(image);
        Assert.Contains("failing\nerror 9 The command '/bin/sh -c sleep 1; echo failing; exit 9' returned a non-zero code: 9", transcript, StringComparison.Ordinal);
        Assert.Empty(harness.Layers.ContainerLayers());
        Assert.Empty(Directory.EnumerateFileSystemEntries(harness.TemporaryFolder));
    }

    [Fact]
    public async Task Cancelling_kills_the_running_step_and_keeps_finished_ones()
    {
        await using var harness = await Harness.CreateAsync();
        using var cancellation = new CancellationTokenSource();
        harness.Runner.Before = spec =>
        {
            if (spec.Arguments[^1].StartsWith("sleep", StringComparison.Ordinal))
            {
                cancellation.CancelAfter(300);
            }

            return Task.CompletedTask;
        };
        var request = new BuildRequest { ContextTar = Harness.Context("FROM busybox\nRUN echo kept > /x\nRUN sleep 600\n") };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => harness.TryBuildAsync(request, cancellation.Token));
        Assert.Empty(harness.Layers.ContainerLayers());

        var (transcript, _) = await harness.BuildAsync("FROM busybox\nRUN echo kept > /x\n");
        Assert.Contains("Using cache", transcript, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Leftovers_of_a_killed_engine_go_at_the_next_start()
    {
        await using var harness = await Harness.CreateAsync();
        harness.Layers.CreateContainerLayer("build-" + new string('a', 64), default);
        harness.Layers.CreateContainerLayer("container", default);
        Directory.CreateDirectory(Path.Combine(harness.TemporaryFolder, "left", "over"));
        harness.Restart();

        Assert.Equal("container", Assert.Single(harness.Layers.ContainerLayers()).Id);
        Assert.Empty(Directory.EnumerateFileSystemEntries(harness.TemporaryFolder));
    }
}
