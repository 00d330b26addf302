using Gantry.Networks.Tests.Support;

namespace Gantry.Networks.Tests;

/// <summary>Other programs' firewalls on the same host.</summary>
public sealed class CoexistenceTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    /// <summary>What a Docker Engine leaves of its rules, policy included.</summary>
    private const string DockerRules =
        """
        table ip filter {
            chain DOCKER-USER {
                counter return
            }
            chain DOCKER-ISOLATION-STAGE-1 {
                counter return
            }
            chain FORWARD {
                type filter hook forward priority filter; policy drop;
                counter jump DOCKER-USER
                counter jump DOCKER-ISOLATION-STAGE-1
                iifname "docker0" oifname != "docker0" counter accept
            }
        }
        """;

    private const string StrictRules =
        """
        table ip filter {
            chain FORWARD {
                type filter hook forward priority filter; policy drop;
                counter jump strict
            }
            chain strict {
                counter reject
            }
        }
        """;

    [Theory]
    [InlineData(DockerRules)]
    [InlineData(StrictRules)]
    public async Task Containers_get_through_a_chain_that_drops(string rules)
    {
        await using var machine = new TestMachine();
        machine.Nft(rules);
        await using var engine = await Engine.StartAsync(machine);

        await AssertTrafficAsync(machine, engine);
    }

    [Fact]
    public async Task The_rules_are_added_when_the_other_program_starts_later_and_put_back_when_it_reloads()
    {
        await using var machine = new TestMachine();
        await using var engine = await Engine.StartAsync(machine);
        machine.Nft(DockerRules);
        await UntilAsync(() => machine.Ruleset().Contains("gantry_test from gantry*", StringComparison.Ordinal));
        await AssertTrafficAsync(machine, engine);

        machine.Nft("delete table ip filter\n" + StrictRules);
        await UntilAsync(() => machine.Ruleset().Contains("gantry_test from gantry*", StringComparison.Ordinal));
        await AssertTrafficAsync(machine, engine);
    }

    [Fact]
    public async Task Our_rules_come_behind_the_administrators_and_go_with_us()
    {
        await using var machine = new TestMachine();
        machine.Nft(DockerRules);
        machine.Nft("insert rule ip filter DOCKER-USER ip daddr 198.51.100.2 tcp dport 25 counter drop");
        var before = machine.Ruleset();
        await using var engine = await Engine.StartAsync(machine);
        var client = await engine.RunAsync("client");
        using var mail = machine.Serve(machine.Outside, 25, "mail");
        using var web = machine.Serve(machine.Outside, 80, "web");

        Assert.Null(await machine.AskTcpAsync(engine.Space(client), TestMachine.OutsideAddress, 25, expectNone: true));
        Assert.NotNull(await machine.AskTcpAsync(engine.Space(client), TestMachine.OutsideAddress, 80));
        await engine.Service.ReleaseSandboxAsync(client, default);
        await engine.Service.TearDownAsync(default);
        Assert.Equal(WithoutCounters(before), WithoutCounters(machine.Ruleset()));
    }

    [Fact]
    public async Task A_bridge_with_a_name_of_its_own_gets_rules_of_its_own()
    {
        await using var machine = new TestMachine();
        machine.Nft(DockerRules);
        await using var engine = await Engine.StartAsync(machine);
        var options = new Dictionary<string, string> { ["com.docker.network.bridge.name"] = "mybridge" };
        var network = await engine.Service.CreateAsync(new NetworkCreateOptions { Name = "net", Options = options }, default);
        var client = await engine.RunAsync("client", "net");
        using (machine.Serve(machine.Outside, 80, "web"))
        {
            Assert.NotNull(await machine.AskTcpAsync(engine.Space(client), TestMachine.OutsideAddress, 80));
        }

        await engine.Service.ReleaseSandboxAsync(client, default);
        await engine.Service.RemoveAsync(network.Id, default);
        Assert.DoesNotContain("mybridge", machine.Ruleset(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("flush ruleset")]
    [InlineData("flush table inet gantry_test")]
    [InlineData("delete chain inet gantry_test raw")]
    public async Task Our_table_is_put_back_when_others_harm_it(string harm)
    {
        await using var machine = new TestMachine();
        await using var engine = await Engine.StartAsync(machine);
        var web = await engine.RunAsync("web", ports: new PortRequest("tcp", 80, "", "5000"));
        using var serving = machine.Serve(engine.Space(web), 80, "web");
        var before = machine.Ruleset();
        machine.Nft(harm.StartsWith("delete chain", StringComparison.Ordinal) ? $"flush chain inet gantry_test raw\n{harm}" : harm);

        await UntilAsync(() => WithoutHandles(machine.Ruleset()) == WithoutHandles(before));
        Assert.Equal("web|198.51.100.2", await machine.AskTcpAsync(machine.Outside, TestMachine.HostAddress, 5000));
    }

    [Fact]
    public async Task A_change_made_while_the_table_is_gone_brings_it_back()
    {
        await using var machine = new TestMachine();
        await using var engine = await Engine.StartAsync(machine);
        machine.Nft("delete table inet gantry_test");
        var web = await engine.RunAsync("web", ports: new PortRequest("tcp", 80, "", "5000"));
        using var serving = machine.Serve(engine.Space(web), 80, "web");

        Assert.Equal("web|198.51.100.2", await machine.AskTcpAsync(machine.Outside, TestMachine.HostAddress, 5000));
    }

    private static async Task AssertTrafficAsync(TestMachine machine, Engine engine)
    {
        var web = await engine.RunAsync("web", ports: new PortRequest("tcp", 80, "", "5000"));
        using var serving = machine.Serve(engine.Space(web), 80, "web");
        using var outside = machine.Serve(machine.Outside, 80, "outside");
        Assert.NotNull(await machine.AskTcpAsync(engine.Space(web), TestMachine.OutsideAddress, 80));
        Assert.Equal("web|198.51.100.2", await machine.AskTcpAsync(machine.Outside, TestMachine.HostAddress, 5000));
        Assert.Contains("\"policy\": \"drop\"", machine.Ruleset(), StringComparison.Ordinal);
        await engine.Service.ReleaseSandboxAsync(web, default);
    }

    private static string WithoutCounters(string rules) => System.Text.RegularExpressions.Regex.Replace(rules, "\"(packets|bytes)\": \\d+", "");

    private static string WithoutHandles(string rules) => System.Text.RegularExpressions.Regex.Replace(rules, "\"handle\": \\d+", "");

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var timeout = new CancellationTokenSource(s_patience);
        while (!condition())
        {
            await Task.Delay(20, timeout.Token);
        }
    }
}
