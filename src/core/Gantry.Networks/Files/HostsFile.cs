using System.Text;

namespace Gantry.Networks.Files;

/// <summary>Contents of <c>/etc/hosts</c> for a container.</summary>
public static class HostsFile
{
    private const string Loopback = "127.0.0.1\tlocalhost\n";

    private const string LoopbackV6 =
        """
        ::1	localhost ip6-localhost ip6-loopback
        fe00::	ip6-localnet
        ff00::	ip6-mcastprefix
        ff02::1	ip6-allnodes
        ff02::2	ip6-allrouters

        """;

    /// <summary>For a container with a namespace of its own.</summary>
    /// <param name="extra">Address and names, in order: <c>--add-host</c>, links.</param>
    /// <param name="own">The container's own addresses.</param>
    /// <param name="ipv6">The container has IPv6, if only on loopback.</param>
    /// <param name="hostname">Its name, which may hold the domain as well.</param>
    public static string Render(IEnumerable<(string Address, string Names)> extra, IEnumerable<string> own, string hostname, string domainname, bool ipv6 = true)
    {
        var text = new StringBuilder(Loopback).Append(ipv6 ? LoopbackV6 : "");
        AppendLines(text, extra);
        var names = OwnNames(hostname, domainname);
        if (names.Length > 0)
        {
            AppendLines(text, own.Select(a => (a, names)));
        }

        return text.ToString();
    }

    /// <summary>For a container in the host's namespace: the host's own file and what was asked for.</summary>
    public static string RenderForHost(string hostFile, IEnumerable<(string Address, string Names)> extra)
    {
        var text = new StringBuilder(hostFile);
        if (text.Length > 0 && text[^1] != '\n')
        {
            text.Append('\n');
        }

        AppendLines(text, extra);
        return text.ToString();
    }

    /// <summary>The full name first, so that it is the canonical one.</summary>
    private static string OwnNames(string hostname, string domainname)
    {
        var dot = hostname.IndexOf('.', StringComparison.Ordinal);
        return (dot, domainname.Length) switch
        {
            (> 0, _) => $"{hostname} {hostname[..dot]}",
            (_, > 0) => $"{hostname}.{domainname} {hostname}",
            _ => hostname,
        };
    }

    private static void AppendLines(StringBuilder text, IEnumerable<(string Address, string Names)> lines)
    {
        foreach (var (address, names) in lines)
        {
            text.Append(address).Append('\t').Append(names).Append('\n');
        }
    }
}
