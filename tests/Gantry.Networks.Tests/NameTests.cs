using System.Net;
using System.Net.Sockets;
using Gantry.Networks.Dns;
using Gantry.Networks.Tests.Support;

namespace Gantry.Networks.Tests;

/// <summary>The name server that containers on user-defined networks have.</summary>
public sealed class NameTests
{
    [Fact]
    public async Task Containers_find_each_other_by_every_name()
    {
        await using var machine = new TestMachine();
        await using var engine = await StartAsync(machine, "net");
        var web = await engine.RunAsync("web", "net", new EndpointOptions { Aliases = ["www", "Api"] });
        var client = await engine.RunAsync("client", "net", new EndpointOptions { Links = ["web:db"] });
        var space = engine.Space(client);
        var address = engine.Address(web);

        foreach (var name in new[] { "web", "WEB", "www", "api", web[..12], "web.net", "db", "client" })
        {
            var expected = name == "client" ? engine.Address(client) : address;
            Assert.Equal([expected], (await machine.ResolveAsync(space, name)).Answers);
            Assert.Equal([expected], (await machine.ResolveAsync(space, name, tcp: true)).Answers);
        }

        var reverse = string.Join('.', address.Split('.').Reverse()) + ".in-addr.arpa";
        Assert.Equal(["web.net"], (await machine.ResolveAsync(space, reverse, DnsType.Ptr)).Answers);
        var v6 = await machine.ResolveAsync(space, "web", DnsType.Aaaa);
        Assert.Equal((DnsCode.NoError, 0), (v6.Code, v6.Answers.Count));
        Assert.Equal(DnsCode.ServerFailure, (await machine.ResolveAsync(engine.Space(web), "db")).Code);
    }

    [Fact]
    public async Task Questions_that_come_at_once_are_each_answered_to_who_asked()
    {
        await using var machine = new TestMachine();
        await using var engine = await StartAsync(machine, "net");
        var client = await engine.RunAsync("client", "net");
        var web = await engine.RunAsync("web", "net");
        const int clients = 5;
        const int each = 30; // Together they fit a socket's queue.
        var sockets = machine.In(engine.Space(client), () => Enumerable.Range(0, clients)
            .Select(_ => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 8000 }).ToArray());
        foreach (var socket in sockets)
        {
            socket.Connect(IPAddress.Parse(DnsListener.Address), 53);
        }

        for (var id = 0; id < each; id++)
        {
            for (var i = 0; i < clients; i++)
            {
                // Every fourth has a header only.
                var message = DnsClient.Question(i % 2 == 0 ? "web" : "client", DnsType.A, (ushort)((i * 1000) + id));
                sockets[i].Send(id % 4 == 3 ? message.AsSpan(0, DnsWire.HeaderSize) : message);
            }
        }

        var buffer = new byte[DnsWire.MaxUdpSize];
        for (var i = 0; i < clients; i++)
        {
            var address = engine.Address(i % 2 == 0 ? web : client);
            for (var id = 0; id < each; id++)
            {
                var reply = buffer[..sockets[i].Receive(buffer)];
                Assert.Equal((i * 1000) + id, (reply[0] << 8) | reply[1]);
                Assert.Equal((int)(id % 4 == 3 ? DnsCode.FormatError : DnsCode.NoError), reply[3] & 0xf);
                Assert.True(id % 4 == 3 || DnsClient.Parse(reply).Answers.SequenceEqual([address]));
            }

            sockets[i].Dispose();
        }
    }

    [Fact]
    public async Task Names_go_with_their_containers_and_stay_within_their_network()
    {
        await using var machine = new TestMachine();
        await using var engine = await StartAsync(machine, "one", "two");
        var client = await engine.RunAsync("client", "one");
        var web = await engine.RunAsync("web", "two");
        var space = engine.Space(client);
        Assert.Empty((await machine.ResolveAsync(space, "web")).Answers);

        await engine.Service.ConnectAsync(web, engine.Service.Find("one")!.Id, new EndpointOptions(), default);
        Assert.Equal([engine.Service.FindSandbox(web)!.Endpoints[1].IPAddress], (await machine.ResolveAsync(space, "web")).Answers);

        await engine.Service.RenameContainerAsync(web, "shop", default);
        Assert.Empty((await machine.ResolveAsync(space, "web")).Answers);
        Assert.Single((await machine.ResolveAsync(space, "shop")).Answers);

        await engine.Service.DisconnectAsync(web, engine.Service.Find("one")!.Id, default);
        Assert.Empty((await machine.ResolveAsync(space, "shop")).Answers);
    }

    [Fact]
    public async Task A_shared_alias_gives_all_addresses_in_changing_order()
    {
        await using var machine = new TestMachine();
        await using var engine = await StartAsync(machine, "net");
        var addresses = new HashSet<string>();
        for (var i = 0; i < 3; i++)
        {
            addresses.Add(engine.Address(await engine.RunAsync($"replica{i}", "net", new EndpointOptions { Aliases = ["pool"] })));
        }

        var client = engine.Space(await engine.RunAsync("client", "net"));
        var first = new HashSet<string>();
        for (var i = 0; i < 40; i++)
        {
            var answers = (await machine.ResolveAsync(client, "pool")).Answers;
            Assert.Equal(addresses, answers.ToHashSet());
            first.Add(answers[0]);
        }

        Assert.Equal(addresses, first);
    }

    [Fact]
    public async Task An_answer_that_does_not_fit_is_asked_again_over_TCP()
    {
        await using var machine = new TestMachine();
        await using var engine = await StartAsync(machine, "net");
        for (var i = 0; i < 40; i++)
        {
            await engine.RunAsync($"replica{i}", "net", new EndpointOptions { Aliases = ["pool"] });
        }

        var client = engine.Space(await engine.RunAsync("client", "net"));
        var plain = await machine.ResolveAsync(client, "pool");
        Assert.True(plain.Truncated && plain.Raw.Length <= DnsWire.PlainUdpSize);
        Assert.Equal(40, (await machine.ResolveAsync(client, "pool", ednsSize: 1400)).Answers.Count);
        Assert.Equal(40, (await machine.ResolveAsync(client, "pool", tcp: true)).Answers.Count);
    }

    [Fact]
    public async Task Other_questions_go_to_the_hosts_servers_and_are_kept_for_their_time()
    {
        await using var machine = new TestMachine();
        await File.WriteAllTextAsync(machine.ResolvConfPath, $"nameserver {TestMachine.OutsideAddress}\n");
        using var server = new FakeNameServer(machine, machine.Outside, TestMachine.OutsideAddress, (q, _) => [FakeNameServer.Address(q, "203.0.113.5")]);
        await using var engine = await StartAsync(machine, "net");
        var client = engine.Space(await engine.RunAsync("client", "net"));

        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(["203.0.113.5"], (await machine.ResolveAsync(client, "example.org")).Answers);
        }

        Assert.Equal(1, server.Asked);
        Assert.Equal(["203.0.113.5"], (await machine.ResolveAsync(client, "another.org", tcp: true)).Answers);
    }

    [Fact]
    public async Task Forged_answers_are_passed_over()
    {
        await using var machine = new TestMachine();
        await File.WriteAllTextAsync(machine.ResolvConfPath, $"nameserver {TestMachine.OutsideAddress}\n");
        using var server = new FakeNameServer(machine, machine.Outside, TestMachine.OutsideAddress, (q, _) =>
        {
            var wrongId = FakeNameServer.Address(q, "192.0.2.66");
            wrongId[0] ^= 0x55;
            var wrongQuestion = FakeNameServer.Address(DnsClient.Question("other.org", DnsType.A, (ushort)((q[0] << 8) | q[1])), "192.0.2.66");
            return [wrongId, wrongQuestion, [1, 2, 3], q, FakeNameServer.Address(q, "203.0.113.5")];
        });
        await using var engine = await StartAsync(machine, "net");
        var client = engine.Space(await engine.RunAsync("client", "net"));

        Assert.Equal(["203.0.113.5"], (await machine.ResolveAsync(client, "example.org")).Answers);
    }

    [Fact]
    public async Task The_next_server_is_asked_when_one_fails_and_loopback_servers_are_the_hosts()
    {
        await using var machine = new TestMachine();
        await File.WriteAllTextAsync(machine.ResolvConfPath, $"nameserver {TestMachine.OutsideAddress}\nnameserver 127.0.0.54\n");
        using var broken = new FakeNameServer(machine, machine.Outside, TestMachine.OutsideAddress, (q, _) => [Failure(q)]);
        using var local = new FakeNameServer(machine, machine.Host, "127.0.0.54", (q, _) => [FakeNameServer.Address(q, "203.0.113.9")]);
        await using var engine = await StartAsync(machine, "net");
        var client = engine.Space(await engine.RunAsync("client", "net"));

        Assert.Equal(["203.0.113.9"], (await machine.ResolveAsync(client, "example.org")).Answers);
        Assert.Equal(1, broken.Asked);
    }

    [Fact]
    public async Task A_container_without_a_way_out_asks_nobody_outside()
    {
        await using var machine = new TestMachine();
        await File.WriteAllTextAsync(machine.ResolvConfPath, $"nameserver {TestMachine.OutsideAddress}\n");
        using var server = new FakeNameServer(machine, machine.Outside, TestMachine.OutsideAddress, (q, _) => [FakeNameServer.Address(q, "203.0.113.5")]);
        await using var engine = await StartAsync(machine, "net");
        await engine.Service.CreateAsync(new NetworkCreateOptions { Name = "inner", Internal = true }, default);
        var client = await engine.RunAsync("client", "inner");
        var other = engine.Space(await engine.RunAsync("other", "net"));

        Assert.Equal(DnsCode.ServerFailure, (await machine.ResolveAsync(engine.Space(client), "example.org")).Code);
        Assert.Equal([engine.Address(client)], (await machine.ResolveAsync(engine.Space(client), "client")).Answers);
        Assert.Equal(0, server.Asked);
        Assert.Equal(["203.0.113.5"], (await machine.ResolveAsync(other, "example.org")).Answers);
        Assert.Equal(DnsCode.ServerFailure, (await machine.ResolveAsync(engine.Space(client), "example.org")).Code);
    }

    [Fact]
    public async Task A_container_without_a_way_out_asks_a_server_that_it_reaches()
    {
        await using var machine = new TestMachine();
        await File.WriteAllTextAsync(machine.ResolvConfPath, "nameserver 127.0.0.54\nnameserver 172.30.9.53\n");
        using var hosts = new FakeNameServer(machine, machine.Host, "127.0.0.54", (q, _) => [FakeNameServer.Address(q, "203.0.113.9")]);
        await using var engine = await Engine.StartAsync(machine);
        var ipam = new NetworkIpam { Configs = [new NetworkIpamConfig { Subnet = "172.30.9.0/24" }] };
        await engine.Service.CreateAsync(new NetworkCreateOptions { Name = "inner", Internal = true, Ipam = ipam }, default);
        var names = await engine.RunAsync("names", "inner", new EndpointOptions { IPv4Address = "172.30.9.53" });
        using var server = new FakeNameServer(machine, engine.Space(names), "172.30.9.53", (q, _) => [FakeNameServer.Address(q, "203.0.113.5")]);
        var client = engine.Space(await engine.RunAsync("client", "inner"));

        Assert.Equal(["203.0.113.5"], (await machine.ResolveAsync(client, "example.org")).Answers);
        Assert.Equal(0, hosts.Asked);
    }

    [Fact]
    public async Task A_container_can_serve_port_53_itself()
    {
        await using var machine = new TestMachine();
        await using var engine = await StartAsync(machine, "net");
        var web = await engine.RunAsync("web", "net");
        using var own = machine.Serve(engine.Space(web), 53, "own");

        Assert.StartsWith("own|", await machine.AskUdpAsync(engine.Space(web), "127.0.0.1", 53), StringComparison.Ordinal);
        Assert.Equal([engine.Address(web)], (await machine.ResolveAsync(engine.Space(web), "web")).Answers);
    }

    [Fact]
    public async Task Hostile_packets_harm_nobody()
    {
        await using var machine = new TestMachine();
        await using var engine = await StartAsync(machine, "net");
        var web = await engine.RunAsync("web", "net");
        var loop = DnsClient.Question("x", DnsType.A);
        (loop[12], loop[13]) = (0xc0, 0x0c);
        var longLabel = DnsClient.Question("x", DnsType.A);
        longLabel[12] = 0x7f;
        var answer = DnsClient.Question("web", DnsType.A);
        answer[2] |= DnsWire.ResponseBit;
        var update = DnsClient.Question("web", DnsType.A);
        update[2] = 5 << 3;
        var manyRecords = DnsClient.Question("web", DnsType.A);
        (manyRecords[6], manyRecords[7]) = (0xff, 0xff);

        foreach (var (packet, code) in new[] { (loop, 1), (longLabel, 1), (update, 4), (manyRecords, 1), (loop[..15], 1) })
        {
            var reply = await machine.ExchangeAsync(engine.Space(web), packet);
            Assert.Equal(code, reply![3] & 0xf);
        }

        Assert.Null(await machine.ExchangeAsync(engine.Space(web), answer, patience: TimeSpan.FromMilliseconds(200)));
        Assert.Null(await machine.ExchangeAsync(engine.Space(web), [1, 2, 3], patience: TimeSpan.FromMilliseconds(200)));
        Assert.Equal([engine.Address(web)], (await machine.ResolveAsync(engine.Space(web), "web")).Answers);
        Assert.Empty(machine.Warnings);
    }

    private static byte[] Failure(byte[] question)
    {
        Assert.True(DnsQuery.TryParse(question, out var query, out _));
        return DnsAnswer.Code(question, query, DnsCode.ServerFailure);
    }

    private static async Task<Engine> StartAsync(TestMachine machine, params string[] networks)
    {
        var engine = await Engine.StartAsync(machine);
        foreach (var name in networks)
        {
            await engine.Service.CreateAsync(new NetworkCreateOptions { Name = name }, default);
        }

        return engine;
    }
}
