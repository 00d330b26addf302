using Gantry.Build.Tests.Support;

namespace Gantry.Build.Tests.Building;

/// <summary>What a Dockerfile can't take by itself.</summary>
public sealed class EntitlementTests
{
    private static readonly BuildEntitlements s_all = new(true, true);

    [Theory]
    [InlineData("--network=host", "failed to load LLB: network.host is not allowed")]
    [InlineData("--security=insecure", "failed to load LLB: security.insecure is not allowed")]
    public async Task A_step_gets_only_what_its_build_was_given(string flag, string error)
    {
        await using var harness = await Harness.CreateAsync();
        var dockerfile = $"FROM busybox\nRUN {flag} true\n";

        Assert.Contains(error, (await harness.TryBuildAsync(new BuildRequest { ContextTar = Harness.Context(dockerfile) })).Transcript, StringComparison.Ordinal);
        Assert.Empty(harness.Runner.Ran);
        Assert.NotNull((await harness.TryBuildAsync(new BuildRequest { ContextTar = Harness.Context(dockerfile), Entitlements = s_all })).Image);
    }

    [Fact]
    public async Task A_build_on_the_hosts_network_lets_its_steps_there()
    {
        await using var harness = await Harness.CreateAsync();
        var request = new BuildRequest { ContextTar = Harness.Context("FROM busybox\nRUN --network=host true\n"), Steps = new StepSettings { NetworkMode = "host" } };

        Assert.NotNull((await harness.TryBuildAsync(request)).Image);
    }

    [Theory]
    [InlineData("network.host", true, false, null)]
    [InlineData("network.host,security.insecure", true, true, null)]
    [InlineData("security.insecure", true, false, "granting entitlement security.insecure is not allowed by build daemon configuration")]
    [InlineData("network.host", false, true, "granting entitlement network.host is not allowed by build daemon configuration")]
    [InlineData("device", true, true, "unknown entitlement: device")]
    public void A_client_gives_only_what_the_engine_allows(string names, bool network, bool security, string? error)
    {
        BuildEntitlements Grant() => BuildEntitlements.Grant(names.Split(','), new BuildEntitlements(network, security));

        if (error is null)
        {
            Assert.Equal(new BuildEntitlements(names.Contains("network", StringComparison.Ordinal), names.Contains("security", StringComparison.Ordinal)), Grant());
        }
        else
        {
            Assert.Equal(error, Assert.Throws<Errors.GantryException>(Grant).Message);
        }
    }
}
