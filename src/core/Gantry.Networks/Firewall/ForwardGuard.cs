using System.Text.Json;
using Gantry.Linux.Networking;

namespace Gantry.Networks.Firewall;

/// <summary>
/// Gets our containers through the forwarding chain of other programs. A Docker Engine on the same host (like some firewalls) sets the policy of
/// iptables' FORWARD chain to drop, and an accept in our own table can't undo a drop in another. So where such a chain exists, and only
/// there, two rules that speak of our bridges alone go where its owner wants others' rules: into DOCKER-USER, else in front of FORWARD itself.
/// The policy stays (docs/design/firewall.md).
/// </summary>
internal sealed class ForwardGuard(NamespaceThread host, NfTables nft, string tag, Action<string> warn)
{
    private const string UserChain = "DOCKER-USER";
    private const string ForwardChain = "FORWARD";

    /// <summary>Tables of iptables and ip6tables.</summary>
    private static readonly string[] s_families = ["ip", "ip6"];

    /// <summary>Adds the rules that are missing.</summary>
    /// <param name="bridges">Device names; a last <c>*</c> stands for anything.</param>
    public void Ensure(IReadOnlyCollection<string> bridges)
    {
        foreach (var family in s_families)
        {
            if (FindChain(family) is { } chain)
            {
                var missing = bridges.SelectMany(RulesFor).Where(r => !chain.Rules.Any(c => c.Comment == r.Comment)).Select(r => Insert(chain, r)).ToList();
                Run(string.Join('\n', missing));
            }
        }
    }

    /// <summary>Removes our rules wherever they are.</summary>
    public void Remove() => RemoveExcept([]);

    /// <summary>Removes our rules about bridges that are not in the list.</summary>
    public void RemoveExcept(IReadOnlyCollection<string> bridges)
    {
        var wanted = bridges.SelectMany(RulesFor).Select(r => r.Comment).ToHashSet();
        foreach (var family in s_families)
        {
            foreach (var chain in new[] { Read(family, UserChain), Read(family, ForwardChain) }.Where(c => c is not null))
            {
                var ours = chain!.Rules.Where(r => r.Comment.StartsWith(tag + " ", StringComparison.Ordinal) && !wanted.Contains(r.Comment));
                Run(string.Join('\n', ours.Select(r => $"delete rule {family} filter {chain.Name} handle {r.Handle}")));
            }
        }
    }

    private IEnumerable<(string Match, string Comment)> RulesFor(string bridge) =>
    [
        ($"iifname \"{bridge}\"", $"{tag} from {bridge}"),
        ($"oifname \"{bridge}\"", $"{tag} to {bridge}"),
    ];

    /// <summary>Behind the administrator's own rules in DOCKER-USER, which may end in a plain return; at the head of a chain that drops.</summary>
    private static string Insert(Chain chain, (string Match, string Comment) rule)
    {
        var body = $"{rule.Match} counter accept comment \"{rule.Comment}\"";
        var place = $"{chain.Family} filter {chain.Name}";
        return (chain.Name, chain.Rules.Count > 0 ? chain.Rules[^1] : null) switch
        {
            (UserChain, { PlainReturn: true } last) => $"insert rule {place} position {last.Handle} {body}",
            (UserChain, _) => $"add rule {place} {body}",
            _ => $"insert rule {place} {body}",
        };
    }

    private Chain? FindChain(string family) =>
        Read(family, UserChain) ?? (Read(family, ForwardChain) is { DropsByDefault: true } forward ? forward : null);

    private void Run(string commands)
    {
        if (commands.Length > 0 && host.RunHome(() => nft.TryRun(commands)) is { } error)
        {
            warn($"can't add rules for our bridges to another program's forwarding chain: {error}");
        }
    }

    private Chain? Read(string family, string name)
    {
        var json = host.RunHome(() => nft.ListJson($"list chain {family} filter {name}"));
        if (json is null)
        {
            return null;
        }

        using var document = JsonDocument.Parse(json);
        var rules = new List<Rule>();
        var drops = false;
        foreach (var item in document.RootElement.GetProperty("nftables").EnumerateArray())
        {
            if (item.TryGetProperty("chain", out var chain))
            {
                drops = chain.TryGetProperty("policy", out var policy) && policy.GetString() == "drop";
            }
            else if (item.TryGetProperty("rule", out var rule))
            {
                rules.Add(ReadRule(rule));
            }
        }

        return new Chain(family, name, drops, rules);
    }

    private static Rule ReadRule(JsonElement rule)
    {
        var comment = rule.TryGetProperty("comment", out var text) ? text.GetString() ?? "" : "";
        var plainReturn = rule.TryGetProperty("expr", out var parts)
            && parts.EnumerateArray().All(p => p.TryGetProperty("counter", out _) || p.TryGetProperty("return", out _))
            && parts.EnumerateArray().Any(p => p.TryGetProperty("return", out _));
        return new Rule(rule.GetProperty("handle").GetInt64(), comment, plainReturn);
    }

    private sealed record Chain(string Family, string Name, bool DropsByDefault, IReadOnlyList<Rule> Rules);

    private sealed record Rule(long Handle, string Comment, bool PlainReturn);
}
