using System.Net.Sockets;
using Gantry.EndToEnd.Tests.Engine;

namespace Gantry.EndToEnd.Tests.Network;

[Collection(EngineCollection.Name)]
public sealed class NetworkTests(EngineProcess engine)
{
    [Theory]
    [ClassData(typeof(CommandLines))]
    public async Task Containers_of_a_network_find_each_other_by_name(string client)
    {
        (await engine.RunAsync(client, "network", "create", "named")).Succeeded();
        try
        {
            (await engine.RunAsync(client, "run", "-d", "--name", "server", "--network", "named", "--network-alias", "web", "busybox", "sh", "-c", "while :; do echo served | nc -l -p 80; done")).Succeeded();

            foreach (var name in (string[])["server", "web"])
            {
                var result = await engine.RunAsync(client, "run", "--rm", "--network", "named", "busybox", "sh", "-c", $"for i in 1 2 3 4 5 6 7 8 9 10; do nc -w 2 {name} 80 </dev/null && exit 0; sleep 0.2; done; exit 1");
                Assert.Equal("served\n", result.Succeeded().Output);
            }

            var elsewhere = await engine.RunAsync(client, "run", "--rm", "busybox", "nslookup", "server");
            Assert.NotEqual(0, elsewhere.ExitCode);
            Assert.Contains("has active endpoints", (await engine.RunAsync(client, "network", "rm", "named")).Error, StringComparison.Ordinal);
        }
        finally
        {
            await engine.RunAsync(client, "rm", "-f", "server");
            (await engine.RunAsync(client, "network", "rm", "named")).Succeeded();
        }
    }

    [Fact]
    public async Task A_container_forgets_a_network_that_is_gone()
    {
        (await engine.GantryAsync("network", "create", "gone")).Succeeded();
        var id = (await engine.GantryAsync("create", "--network", "gone", "busybox")).Succeeded().Text;
        (await engine.GantryAsync("network", "rm", "gone")).Succeeded();

        (await engine.GantryAsync("network", "disconnect", "-f", "gone", id)).Succeeded();
        Assert.Equal("{}", (await engine.GantryAsync("inspect", "-f", "{{json .NetworkSettings.Networks}}", id)).Succeeded().Text);
        (await engine.GantryAsync("network", "disconnect", "-f", "gone", id)).Failed($"container {id} is not connected to the network gone");
        (await engine.GantryAsync("network", "disconnect", "gone", "nobody")).Failed("network gone not found");
        (await engine.GantryAsync("rm", id)).Succeeded();
    }

    [Fact]
    public async Task Subnets_are_shown_IPv4_first_and_link_local_addresses_must_be_such()
    {
        (await engine.GantryAsync("network", "create", "--ipv6", "--subnet", "fd80:24e2:f998:72d6::/64", "--subnet", "172.28.77.0/24", "both")).Succeeded();

        Assert.Equal("172.28.77.0/24 fd80:24e2:f998:72d6::/64 ", (await engine.GantryAsync("network", "inspect", "-f", "{{range .IPAM.Config}}{{.Subnet}} {{end}}", "both")).Succeeded().Output.TrimEnd('\n'));
        foreach (var address in (string[])["169.253.5.5", "2001:db8::89"])
        {
            (await engine.GantryAsync("run", "--rm", "--network", "both", "--link-local-ip", address, "busybox", "true")).Failed($"failed to set up container networking: invalid link local IP address: {address}");
        }

        Assert.Contains("169.254.7.7/16", (await engine.GantryAsync("run", "--rm", "--network", "both", "--link-local-ip", "169.254.7.7", "busybox", "ip", "addr")).Succeeded().Output, StringComparison.Ordinal);
        (await engine.GantryAsync("network", "rm", "both")).Succeeded();
    }

    [Fact]
    public async Task A_published_port_is_reachable_and_goes_with_the_container()
    {
        (await engine.GantryAsync("run", "-d", "--name", "port", "-p", "127.0.0.1:0:80", "busybox", "sh", "-c", "while :; do echo served | nc -l -p 80; done")).Succeeded();
        var port = int.Parse((await engine.GantryAsync("port", "port", "80/tcp")).Succeeded().Text.Split(':')[^1]);

        Assert.Equal("served\n", await ReadAsync(port));
        var conflict = await engine.GantryAsync("run", "--rm", "-p", $"127.0.0.1:{port}:80", "busybox", "true");
        Assert.Equal(125, conflict.ExitCode);
        Assert.Contains($"Bind for 127.0.0.1:{port} failed: port is already allocated", conflict.Error, StringComparison.Ordinal);

        (await engine.GantryAsync("rm", "-f", "port")).Succeeded();
        await Assert.ThrowsAnyAsync<SocketException>(() => ConnectAsync(port));
    }

    [Fact]
    public async Task A_port_of_another_program_is_a_clear_error()
    {
        using var listener = new TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        var port = ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;

        var result = await engine.GantryAsync("run", "--rm", "-p", $"127.0.0.1:{port}:80", "busybox", "true");

        Assert.Equal(125, result.ExitCode);
        Assert.Contains("address already in use", result.Error, StringComparison.Ordinal);
    }

    private static async Task<string> ReadAsync(int port)
    {
        for (var attempt = 0; attempt < 50; attempt++)
        {
            try
            {
                using var client = await ConnectAsync(port);
                using var reader = new StreamReader(client.GetStream());
                var text = await reader.ReadToEndAsync();
                if (text.Length > 0)
                {
                    return text;
                }
            }
            catch (Exception e) when (e is SocketException or IOException)
            {
                await Task.Delay(50);
            }
        }

        return "";
    }

    private static async Task<TcpClient> ConnectAsync(int port)
    {
        var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", port);
        return client;
    }
}
