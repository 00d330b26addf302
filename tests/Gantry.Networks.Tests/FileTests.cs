using Gantry.Networks.Files;

namespace Gantry.Networks.Tests;

/// <summary>Contents of resolv.conf and hosts for containers.</summary>
public sealed class FileTests
{
    private const string Host = "# comment\nnameserver 127.0.0.53\nnameserver 10.0.0.2\nnameserver fd00::53\nnameserver nonsense\nsearch a.example b.example\noptions edns0 trust-ad\n";

    [Fact]
    public void Servers_on_loopback_and_of_a_family_the_container_lacks_are_left_out()
    {
        var host = ResolvConf.Parse(Host);

        Assert.Equal(["10.0.0.2"], host.ForDirectUse(ipv6: false).Nameservers);
        Assert.Equal(["10.0.0.2", "fd00::53"], host.ForDirectUse(ipv6: true).Nameservers);
        Assert.Equal(["8.8.8.8", "8.8.4.4"], ResolvConf.Parse("nameserver 127.0.0.1\nnameserver ::1\n").ForDirectUse(ipv6: false).Nameservers);
        Assert.Equal(["8.8.8.8", "8.8.4.4"], ResolvConf.Parse("").ExternalServers);
    }

    [Fact]
    public void The_embedded_server_is_named_and_the_rest_kept()
    {
        var text = ResolvConf.Parse(Host).ForEmbeddedServer().Render("/etc/resolv.conf");

        Assert.Contains("\nnameserver 127.0.0.11\nsearch a.example b.example\noptions edns0 trust-ad ndots:0\n", text, StringComparison.Ordinal);
        Assert.Equal(["ndots:2"], ResolvConf.Parse("options ndots:2").ForEmbeddedServer().Options);
        Assert.Equal(["127.0.0.53", "10.0.0.2", "fd00::53"], ResolvConf.Parse(Host).ExternalServers);
    }

    [Fact]
    public void What_a_user_asks_for_takes_the_place_of_the_hosts()
    {
        var changed = ResolvConf.Parse(Host).With(["1.1.1.1"], ["."], ["timeout:1"]);

        Assert.Equal(["1.1.1.1"], changed.Nameservers);
        Assert.Empty(changed.Search);
        Assert.Equal(["timeout:1"], changed.Options);
        Assert.Equal(["b"], ResolvConf.Parse("search a\ndomain b\n").Search);
    }

    [Fact]
    public void Hosts_names_the_container_and_what_was_added()
    {
        var text = HostsFile.Render([("10.0.0.9", "db")], ["172.17.0.2", "fd00::2"], "web", "example.org");

        Assert.StartsWith("127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n", text, StringComparison.Ordinal);
        Assert.EndsWith("ff02::2\tip6-allrouters\n10.0.0.9\tdb\n172.17.0.2\tweb.example.org web\nfd00::2\tweb.example.org web\n", text, StringComparison.Ordinal);
        Assert.Equal("127.0.0.1 localhost\n10.0.0.9\tdb\n", HostsFile.RenderForHost("127.0.0.1 localhost", [("10.0.0.9", "db")]));
    }
}
