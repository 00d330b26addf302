using System.Net;
using System.Text;

namespace Gantry.Networks.Files;

/// <summary>The parts of a resolv.conf(5) that matter; the last of several <c>search</c> lines counts, options add up.</summary>
public sealed record ResolvConf
{
    /// <summary>Address of the embedded name server in each container on a user-defined network.</summary>
    public const string EmbeddedServer = "127.0.0.11";

    private const int MaxLength = 1 << 20;
    private static readonly string[] s_fallbackV4 = ["8.8.8.8", "8.8.4.4"];
    private static readonly string[] s_fallbackV6 = ["2001:4860:4860::8888", "2001:4860:4860::8844"];

    public IReadOnlyList<string> Nameservers { get; init; } = [];

    public IReadOnlyList<string> Search { get; init; } = [];

    public IReadOnlyList<string> Options { get; init; } = [];

    public static ResolvConf Parse(string text)
    {
        var servers = new List<string>();
        var options = new List<string>();
        string[] search = [];
        foreach (var line in text.AsSpan(0, Math.Min(text.Length, MaxLength)).ToString().Split('\n'))
        {
            var words = line.Split([' ', '\t', '\r'], StringSplitOptions.RemoveEmptyEntries);
            switch (words)
            {
                case ["nameserver", var server, ..] when IPAddress.TryParse(server, out _):
                    servers.Add(server);
                    break;
                case ["search" or "domain", ..]:
                    search = words[1..];
                    break;
                case ["options", ..]:
                    options.AddRange(words[1..]);
                    break;
            }
        }

        return new ResolvConf { Nameservers = servers, Search = search, Options = options };
    }

    /// <summary>The file with what a user asked for in place of the host's: each of the three parts that is not empty.</summary>
    public ResolvConf With(IReadOnlyList<string> servers, IReadOnlyList<string> search, IReadOnlyList<string> options) => new()
    {
        Nameservers = servers.Count > 0 ? servers : Nameservers,
        Search = search.Count == 0 ? Search : search is ["."] ? [] : search,
        Options = options.Count > 0 ? options : Options,
    };

    /// <summary>
    /// For a container without the embedded server. Servers on the host's loopback can't be reached from there and are left out, as are IPv6
    /// servers where the container has no IPv6; when none is left, public ones take their place.
    /// </summary>
    public ResolvConf ForDirectUse(bool ipv6) => this with { Nameservers = OrFallback(Nameservers.Where(s => IsUsable(s, ipv6)), ipv6) };

    /// <summary>For a container with the embedded server, which asks <see cref="ExternalServers"/> in turn.</summary>
    public ResolvConf ForEmbeddedServer() => this with
    {
        Nameservers = [EmbeddedServer],
        Options = Options.Any(o => o.StartsWith("ndots:", StringComparison.Ordinal)) ? Options : [.. Options, "ndots:0"],
    };

    /// <summary>Servers for the embedded one to ask; those on loopback are the host's.</summary>
    public IReadOnlyList<string> ExternalServers => OrFallback(Nameservers, ipv6: false);

    public string Render(string source)
    {
        var text = new StringBuilder();
        text.Append("# Made by Gantry from ").Append(source).Append(" and the options of the container.\n\n");
        foreach (var server in Nameservers)
        {
            text.Append("nameserver ").Append(server).Append('\n');
        }

        AppendWords(text, "search", Search);
        AppendWords(text, "options", Options);
        return text.ToString();
    }

    private static IReadOnlyList<string> OrFallback(IEnumerable<string> servers, bool ipv6) =>
        servers.ToList() is { Count: > 0 } some ? some : ipv6 ? [.. s_fallbackV4, .. s_fallbackV6] : s_fallbackV4;

    private static bool IsUsable(string server, bool ipv6) =>
        IPAddress.TryParse(server, out var address) && !IPAddress.IsLoopback(address)
        && (ipv6 || address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork);

    private static void AppendWords(StringBuilder text, string keyword, IReadOnlyList<string> words)
    {
        if (words.Count > 0)
        {
            text.Append(keyword).Append(' ').AppendJoin(' ', words).Append('\n');
        }
    }
}
