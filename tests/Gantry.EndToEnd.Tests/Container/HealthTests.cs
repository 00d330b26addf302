using System.Text.Json;
using Gantry.EndToEnd.Tests.Engine;

namespace Gantry.EndToEnd.Tests.Container;

[Collection(EngineCollection.Name)]
public sealed class HealthTests(EngineProcess engine)
{
    [Theory]
    [ClassData(typeof(CommandLines))]
    public async Task A_check_makes_a_container_healthy_and_a_failing_one_unhealthy(string client)
    {
        (await engine.RunAsync(client, "run", "-d", "--name", "checked", "--health-cmd", "echo looking; test ! -e /sick", "--health-interval", "1500ms", "--health-retries", "2",
            "busybox", "sleep", "1000")).Succeeded();
        Assert.EndsWith("(health: starting)", await StatusAsync("checked"), StringComparison.Ordinal);
        await UntilAsync("checked", "healthy");
        Assert.EndsWith("(healthy)", await StatusAsync("checked"), StringComparison.Ordinal);
        Assert.Equal("checked", (await engine.RunAsync(client, "ps", "--filter", "health=healthy", "--format", "{{.Names}}")).Succeeded().Text);
        Assert.Equal("", (await engine.RunAsync(client, "ps", "--filter", "health=unhealthy", "--filter", "health=none", "-q")).Succeeded().Text);

        (await engine.GantryAsync("exec", "checked", "touch", "/sick")).Succeeded();
        await UntilAsync("checked", "unhealthy");

        var health = await HealthAsync("checked");
        Assert.True(health.GetProperty("FailingStreak").GetInt32() >= 2);
        var log = health.GetProperty("Log");
        Assert.InRange(log.GetArrayLength(), 2, 5);
        Assert.Equal("looking\n", log[0].GetProperty("Output").GetString());
        Assert.Equal(1, log[log.GetArrayLength() - 1].GetProperty("ExitCode").GetInt32());
        (await engine.GantryAsync("rm", "-f", "checked")).Succeeded();
    }

    [Fact]
    public async Task Probes_and_changes_of_health_are_events()
    {
        (await engine.GantryAsync("run", "-d", "--name", "eventful", "--health-cmd", "test -e /up", "--health-interval", "200ms", "--health-retries", "1", "busybox", "sleep", "1000")).Succeeded();
        await UntilAsync("eventful", "unhealthy");
        (await engine.GantryAsync("exec", "eventful", "touch", "/up")).Succeeded();
        await UntilAsync("eventful", "healthy");
        (await engine.GantryAsync("rm", "-f", "eventful")).Succeeded();

        var events = (await engine.GantryAsync("events", "--since", "60s", "--until", Now(), "--filter", "container=eventful", "--format",
            "{{.Action}} {{.Actor.Attributes.exitCode}} {{with .Actor.Attributes.execID}}id{{end}}")).Succeeded().Output.Split('\n');
        Assert.Contains("exec_create: /bin/sh -c test -e /up <no value> id", events);
        Assert.Contains("exec_start: /bin/sh -c test -e /up <no value> id", events);
        Assert.Contains("exec_die 1 id", events);
        Assert.Contains("exec_die 0 id", events);
        Assert.Single(events, e => e.StartsWith("health_status: healthy", StringComparison.Ordinal));
        Assert.Single(events, e => e.StartsWith("health_status: unhealthy", StringComparison.Ordinal));
        (await engine.GantryAsync("ps", "-a", "--filter", "health=sick")).Failed("invalid filter 'health=sick': invalid value for health (sick): must be one of none, starting, healthy, unhealthy");
    }

    [Fact]
    public async Task A_probe_that_hangs_is_killed_and_its_output_is_kept()
    {
        (await engine.GantryAsync("run", "-d", "--name", "hanging", "--health-cmd", "echo begun; exec sleep 4321", "--health-interval", "100ms", "--health-timeout", "300ms", "--health-retries", "1",
            "busybox", "sleep", "1000")).Succeeded();
        await UntilAsync("hanging", "unhealthy");

        var result = (await HealthAsync("hanging")).GetProperty("Log")[0];
        Assert.Equal(-1, result.GetProperty("ExitCode").GetInt32());
        Assert.Equal("Health check exceeded timeout (300ms): begun\n", result.GetProperty("Output").GetString());
        (await engine.GantryAsync("pause", "hanging")).Succeeded();
        Assert.DoesNotContain("sleep 4321", (await engine.GantryAsync("top", "hanging")).Succeeded().Output, StringComparison.Ordinal);
        (await engine.GantryAsync("rm", "-f", "hanging")).Succeeded();
    }

    [Fact]
    public async Task Output_is_cut_after_4096_bytes_and_a_missing_program_is_told()
    {
        (await engine.GantryAsync("run", "-d", "--name", "talkative", "--health-cmd", "yes | head -c 5000", "--health-interval", "100ms", "busybox", "sleep", "1000")).Succeeded();
        (await engine.GantryAsync("import", "-c", "CMD [\"sleep\", \"1000\"]", "-c", "HEALTHCHECK --interval=100ms --retries=2 CMD [\"no-such-program\"]", Repository.BusyboxTar, "checkless:latest")).Succeeded();
        (await engine.GantryAsync("run", "-d", "--name", "missing", "checkless")).Succeeded();
        await UntilAsync("talkative", "healthy");
        await UntilAsync("missing", "unhealthy");

        var text = (await HealthAsync("talkative")).GetProperty("Log")[0].GetProperty("Output").GetString()!;
        Assert.Equal(4099, text.Length);
        Assert.EndsWith("y\n...", text, StringComparison.Ordinal);
        var failed = (await HealthAsync("missing")).GetProperty("Log")[0];
        Assert.Equal(-1, failed.GetProperty("ExitCode").GetInt32());
        Assert.Contains("exec: \"no-such-program\": executable file not found in $PATH", failed.GetProperty("Output").GetString(), StringComparison.Ordinal);
        (await engine.GantryAsync("rm", "-f", "talkative", "missing")).Succeeded();
    }

    [Fact]
    public async Task An_images_check_is_completed_and_switched_off_field_by_field()
    {
        (await engine.GantryAsync("import", "-c", "CMD [\"sleep\", \"1000\"]", "-c", "ENV WHO=image", "-c", "USER 65534", "-c", "WORKDIR /tmp",
            "-c", "HEALTHCHECK --interval=100ms --retries=7 CMD echo $WHO $(id -u) $PWD", Repository.BusyboxTar, "selfchecked:latest")).Succeeded();
        (await engine.GantryAsync("run", "-d", "--name", "inherits", "--health-timeout", "9s", "selfchecked")).Succeeded();
        (await engine.GantryAsync("run", "-d", "--name", "declines", "--no-healthcheck", "selfchecked")).Succeeded();
        await UntilAsync("inherits", "healthy");

        Assert.Equal("image 65534 /tmp\n", (await HealthAsync("inherits")).GetProperty("Log")[0].GetProperty("Output").GetString());
        Assert.Equal("""{"Test":["CMD-SHELL","echo $WHO $(id -u) $PWD"],"Interval":100000000,"Timeout":9000000000,"Retries":7}""",
            (await engine.GantryAsync("inspect", "-f", "{{json .Config.Healthcheck}}", "inherits")).Succeeded().Text);
        Assert.Equal("null", (await engine.GantryAsync("inspect", "-f", "{{json .State.Health}}", "declines")).Succeeded().Text);
        Assert.DoesNotContain("(", await StatusAsync("declines"), StringComparison.Ordinal);
        (await engine.GantryAsync("rm", "-f", "inherits", "declines")).Succeeded();
    }

    [Fact]
    public async Task Failures_within_the_start_period_do_not_count()
    {
        (await engine.GantryAsync("run", "-d", "--name", "slow", "--health-cmd", "exit 1", "--health-interval", "100ms", "--health-retries", "1", "--health-start-period", "1h", "busybox", "sleep", "1000")).Succeeded();
        (await engine.GantryAsync("run", "-d", "--name", "quick", "--health-cmd", "exit 1", "--health-interval", "100ms", "--health-retries", "1", "--health-start-period", "300ms", "busybox", "sleep", "1000")).Succeeded();
        await UntilAsync("quick", "unhealthy");
        await EventuallyAsync(async () => (await HealthAsync("slow")).GetProperty("Log") is { ValueKind: JsonValueKind.Array } log && log.GetArrayLength() == 5);

        var health = await HealthAsync("slow");
        Assert.Equal(("starting", 0), (health.GetProperty("Status").GetString(), health.GetProperty("FailingStreak").GetInt32()));
        (await engine.GantryAsync("rm", "-f", "slow", "quick")).Succeeded();
    }

    [Fact]
    public async Task Health_begins_anew_after_a_kill_of_the_engine_and_at_a_restart_and_rests_while_paused()
    {
        (await engine.GantryAsync("run", "-d", "--name", "kept", "--health-cmd", "echo >>/count; ! rm /hang 2>/dev/null || exec sleep 4321; test ! -e /sick", "--health-interval", "100ms", "--health-retries", "1000", "--health-timeout", "100s", "busybox", "sleep", "1000")).Succeeded();
        await UntilAsync("kept", "healthy");
        (await engine.GantryAsync("exec", "kept", "touch", "/hang")).Succeeded();
        await EventuallyAsync(async () => (await engine.GantryAsync("top", "kept")).Succeeded().Output.Contains("sleep 4321", StringComparison.Ordinal));

        (await engine.GantryAsync("exec", "kept", "touch", "/sick")).Succeeded();

        await engine.KillAsync();
        await engine.StartAsync();

        Assert.EndsWith("(health: starting)", await StatusAsync("kept"), StringComparison.Ordinal);
        await EventuallyAsync(async () => !(await engine.GantryAsync("top", "kept")).Succeeded().Output.Contains("sleep 4321", StringComparison.Ordinal));
        var before = await CountAsync();
        await EventuallyAsync(async () => await CountAsync() > before);
        Assert.EndsWith("(health: starting)", await StatusAsync("kept"), StringComparison.Ordinal);
        (await engine.GantryAsync("exec", "kept", "rm", "/sick")).Succeeded();
        await UntilAsync("kept", "healthy");

        (await engine.GantryAsync("pause", "kept")).Succeeded();
        Assert.EndsWith("(Paused)", await StatusAsync("kept"), StringComparison.Ordinal);
        var paused = await CountAsync();
        await Task.Delay(500);
        Assert.Equal(paused, await CountAsync());
        (await engine.GantryAsync("unpause", "kept")).Succeeded();
        await UntilAsync("kept", "healthy");

        (await engine.GantryAsync("stop", "-t", "0", "kept")).Succeeded();
        Assert.Equal("unhealthy", (await HealthAsync("kept")).GetProperty("Status").GetString());
        (await engine.GantryAsync("start", "kept")).Succeeded();
        var anew = await HealthAsync("kept");
        Assert.Equal(0, anew.GetProperty("FailingStreak").GetInt32());
        await UntilAsync("kept", "healthy");
        (await engine.GantryAsync("rm", "-f", "kept")).Succeeded();
    }

    [Theory]
    [InlineData("--health-interval=1us", "Interval in Healthcheck cannot be less than 1ms")]
    [InlineData("--health-timeout=1us", "Timeout in Healthcheck cannot be less than 1ms")]
    [InlineData("--health-start-period=1us", "StartPeriod in Healthcheck cannot be less than 1ms")]
    [InlineData("--health-start-interval=1us", "StartInterval in Healthcheck cannot be less than 1ms")]
    public async Task Impossible_settings_are_refused(string flag, string error) =>
        (await engine.GantryAsync("create", flag, "busybox")).Failed(error);

    private async Task<int> CountAsync()
    {
        var file = Path.Combine(engine.Folder, "count");
        (await engine.GantryAsync("cp", "kept:/count", file)).Succeeded();
        return (await File.ReadAllLinesAsync(file)).Length;
    }

    private async Task<string> StatusAsync(string name) =>
        (await engine.GantryAsync("ps", "-a", "--filter", $"name=^{name}$", "--format", "{{.Status}}")).Succeeded().Text;

    private async Task<JsonElement> HealthAsync(string name) =>
        JsonDocument.Parse((await engine.GantryAsync("inspect", "-f", "{{json .State.Health}}", name)).Succeeded().Text).RootElement;

    private Task UntilAsync(string name, string status) =>
        EventuallyAsync(async () => (await HealthAsync(name)).GetProperty("Status").GetString() == status);

    private static async Task EventuallyAsync(Func<Task<bool>> condition)
    {
        for (var attempt = 0; attempt < 200; attempt++)
        {
            if (await condition())
            {
                return;
            }

            await Task.Delay(50);
        }

        Assert.Fail("the condition did not come true");
    }

    /// <summary>With a fraction: a duration would be taken back to the whole second.</summary>
    private static string Now() => (DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / 1000m).ToString(System.Globalization.CultureInfo.InvariantCulture);
}
