using System.Diagnostics;
using System.Net;
using Gantry.Linux.Networking;
using Gantry.Plugins;

namespace Gantry.Networks.Tests.Support;

/// <summary>
/// A machine made of network namespaces: <see cref="Host"/>, in which the service under test believes itself on a host, and
/// <see cref="Outside"/>, a computer on the other end of the host's only cable. The real machine's network is never touched.
/// </summary>
internal sealed class TestMachine : IAsyncDisposable
{
    public const string HostAddress = "198.51.100.1";
    public const string OutsideAddress = "198.51.100.2";
    public const string HostAddress6 = "2001:db8:1::1";
    public const string OutsideAddress6 = "2001:db8:1::2";
    private const int PrefixLength = 24;
    private const int PrefixLength6 = 64;

    private static readonly IPAddress s_host = IPAddress.Parse(HostAddress);
    private static readonly IPAddress s_outside = IPAddress.Parse(OutsideAddress);

    private readonly string _directory;
    private readonly NamespaceThread _real = new(null);

    public TestMachine()
    {
        _directory = Directory.CreateTempSubdirectory("gantry-net-").FullName;
        HostPath = Path.Combine(_directory, "host");
        Host = NewNamespace();
        Host.MountAt(HostPath);
        Thread = new NamespaceThread(HostPath);
        Outside = NewNamespace();
        Route = Thread.RunHome(() => NetlinkSocket.Open(NetlinkFamily.Route));
        Cable();
        SwitchForwardingOff();
        File.WriteAllText(ResolvConfPath, $"nameserver {OutsideAddress}\n");
    }

    public string HostPath { get; }

    public string RunDirectory => Path.Combine(_directory, "netns");

    public string ResolvConfPath => Path.Combine(_directory, "resolv.conf");

    public string PluginDirectory => Path.Combine(_directory, "plugins");

    public string StateDirectory => Path.Combine(_directory, "state");

    public NetworkNamespace Host { get; }

    public NetworkNamespace Outside { get; }

    public NamespaceThread Thread { get; }

    /// <summary>rtnetlink of the host.</summary>
    public NetlinkSocket Route { get; }

    public List<string> Warnings { get; } = [];

    public NetworkServiceOptions Options(string instance = "test") => new()
    {
        RunDirectory = RunDirectory,
        InstanceId = instance,
        HostNamespace = HostPath,
        ResolvConfPath = ResolvConfPath,
        Warn = Warn,
        Plugins = new PluginDirectories(PluginDirectory, []),
    };

    /// <summary>Makes a pair of interfaces of the host, as a network plugin would.</summary>
    public void AddVeth(string name, string peer)
    {
        var batch = new NetlinkBatch();
        batch.AddVeth(new VethPlan { Name = name, PeerName = peer, PeerMac = [2, 0, 0, 0, 0, 1], PeerNamespace = Host.Handle });
        Route.Execute(batch);
    }

    public void DeleteLink(string name)
    {
        var batch = new NetlinkBatch();
        batch.DeleteLink(name);
        Route.Execute(batch);
    }

    public T InHost<T>(Func<T> work) => Thread.RunHome(work);

    public T In<T>(NetworkNamespace space, Func<T> work) => Thread.RunIn(space, work);

    /// <summary>The ruleset of the host as nft prints it, in JSON.</summary>
    public string Ruleset() => Thread.RunHome(() =>
    {
        using var nft = new NfTables();
        return nft.ListJson("list ruleset") ?? "";
    });

    /// <summary>Changes the host's ruleset as another program: the service knows its own process' changes from others'.</summary>
    public void Nft(string commands)
    {
        using var nft = Process.Start(new ProcessStartInfo("nsenter", [$"--net={HostPath}", "nft", "-f", "-"]) { RedirectStandardInput = true })!;
        nft.StandardInput.Write(commands + "\n");
        nft.StandardInput.Close();
        nft.WaitForExit();
        Assert.Equal(0, nft.ExitCode);
    }

    /// <summary>What <c>ip</c> says of one of the host's interfaces; empty when it isn't there.</summary>
    public string LinkDetails(string name)
    {
        using var process = Process.Start(new ProcessStartInfo("nsenter", [$"--net={HostPath}", "ip", "-d", "-o", "link", "show", name]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return text;
    }

    public string Sysctl(string name) => Thread.RunHome(() => File.ReadAllText($"/proc/sys/net/{name}").Trim());

    public List<string> HostLinks() => [.. Route.ListLinks().Select(l => l.Name)];

    /// <summary>Gives the host a route, as a VPN would.</summary>
    public void RouteHost(string network, int prefixLength)
    {
        var batch = new NetlinkBatch();
        batch.AddLinkRoute(IPAddress.Parse(network), prefixLength, Route.FindLink("up0")!.Index);
        Route.Execute(batch);
    }

    /// <summary>Gives the outside a route to a container's address, as an attacker next to the host would.</summary>
    public void RouteOutside(string address)
    {
        using var outside = In(Outside, () => NetlinkSocket.Open(NetlinkFamily.Route));
        var index = outside.FindLink("up0")!.Index;
        var batch = new NetlinkBatch();
        batch.AddLinkRoute(IPAddress.Parse(address), 32, index);
        batch.SetNeighbour(index, IPAddress.Parse(address), Route.FindLink("up0")!.Mac);
        outside.Execute(batch);
    }

    /// <summary>Makes a neighbour of the host send it what is for 127.0.0.1, as a privileged container or a computer on the same wire could.</summary>
    /// <param name="hostInterface">The host's interface on that side, whose hardware address the packets go to.</param>
    public void SendLoopbackToHost(NetworkNamespace neighbour, string neighbourInterface, string hostInterface)
    {
        var mac = Route.FindLink(hostInterface)!.Mac;
        In(neighbour, () =>
        {
            File.WriteAllText($"/proc/sys/net/ipv4/conf/{neighbourInterface}/route_localnet", "1");
            using var route = NetlinkSocket.Open(NetlinkFamily.Route);
            var link = route.FindLink(neighbourInterface)!;
            var batch = new NetlinkBatch();
            batch.DeleteAddress(1, IPAddress.Loopback, 8);
            batch.AddLinkRoute(IPAddress.Loopback, 32, link.Index);
            batch.SetNeighbour(link.Index, IPAddress.Loopback, mac);
            route.Execute(batch);
            return true;
        });
    }

    public ValueTask DisposeAsync()
    {
        Route.Dispose();
        Thread.Dispose();
        Outside.Dispose();
        Host.Dispose();
        NetworkNamespace.Unmount(HostPath);
        if (Directory.Exists(RunDirectory))
        {
            foreach (var path in Directory.EnumerateFiles(RunDirectory))
            {
                NetworkNamespace.Unmount(path);
            }
        }

        _real.Dispose();
        Directory.Delete(_directory, recursive: true);
        return ValueTask.CompletedTask;
    }

    private void Warn(string text)
    {
        lock (Warnings)
        {
            Warnings.Add(text);
        }
    }

    private NetworkNamespace NewNamespace() => _real.Create(() =>
    {
        using var route = NetlinkSocket.Open(NetlinkFamily.Route);
        var batch = new NetlinkBatch();
        batch.SetLinkUp(1, "lo");
        route.Execute(batch);
    });

    /// <summary>A new namespace may take after the real machine, on which a Docker Engine has switched it on.</summary>
    private void SwitchForwardingOff() => Thread.RunHome(() =>
    {
        File.WriteAllText("/proc/sys/net/ipv4/ip_forward", "0");
        File.WriteAllText("/proc/sys/net/ipv6/conf/all/forwarding", "0");
    });

    private void Cable()
    {
        var batch = new NetlinkBatch();
        batch.AddVeth(new VethPlan { Name = "up0", PeerName = "up0", PeerMac = [2, 0, 0, 0, 0, 2], PeerNamespace = Outside.Handle });
        Route.Execute(batch);
        SetUp(Route, s_host, IPAddress.Parse(HostAddress6), s_outside);
        using var outside = Thread.RunIn(Outside, () => NetlinkSocket.Open(NetlinkFamily.Route));
        SetUp(outside, s_outside, IPAddress.Parse(OutsideAddress6), null);
    }

    private static void SetUp(NetlinkSocket route, IPAddress v4, IPAddress v6, IPAddress? gateway)
    {
        var index = route.FindLink("up0")!.Index;
        var batch = new NetlinkBatch();
        batch.SetLinkUp(index, "up0");
        batch.AddAddress(index, v4, PrefixLength);
        batch.AddAddress(index, v6, PrefixLength6);
        if (gateway is not null)
        {
            batch.SetDefaultRoute(gateway, index);
        }

        route.Execute(batch);
    }
}
