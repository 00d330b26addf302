using System.Globalization;
using System.Net;

namespace Gantry.Networks.Dns;

/// <summary>The names of one network as one container sees them: the network's own, and the aliases it gave others by links.</summary>
/// <param name="Links">Alias to container name.</param>
internal sealed record NetworkNames(string NetworkName, NameTable Names, IReadOnlyDictionary<string, string> Links)
{
    /// <summary>Finds <c>name</c>, <c>alias</c> or <c>name.network</c>.</summary>
    public NameTarget[]? Find(string name)
    {
        if (FindShort(name) is { } found)
        {
            return found;
        }

        var suffix = name.Length - NetworkName.Length - 1;
        return suffix > 0 && name[suffix] == '.' && name.EndsWith(NetworkName, StringComparison.OrdinalIgnoreCase) ? FindShort(name[..suffix]) : null;
    }

    private NameTarget[]? FindShort(string name) => (Links.TryGetValue(name, out var linked) ? Names.Find(linked) : null) ?? Names.Find(name);
}

/// <summary>All names that one container sees.</summary>
internal sealed class NameScope
{
    private volatile NetworkNames[] _networks = [];

    /// <summary>Sets the networks, the most important first.</summary>
    public void Set(IEnumerable<NetworkNames> networks) => _networks = [.. networks];

    public NameTarget[]? Find(string name)
    {
        foreach (var network in _networks)
        {
            if (network.Find(name) is { } found)
            {
                return found;
            }
        }

        return null;
    }

    /// <summary>The name for a question like <c>2.0.18.172.in-addr.arpa</c>.</summary>
    public string? FindReverse(string question)
    {
        if (ParseReverse(question) is { } address)
        {
            foreach (var network in _networks)
            {
                if (network.Names.Find(address) is { } target)
                {
                    return $"{target.PrimaryName}.{network.NetworkName}";
                }
            }
        }

        return null;
    }

    /// <summary>The address that a name below in-addr.arpa or ip6.arpa stands for.</summary>
    internal static IPAddress? ParseReverse(string name)
    {
        const string v4 = ".in-addr.arpa";
        const string v6 = ".ip6.arpa";
        if (name.EndsWith(v4, StringComparison.Ordinal))
        {
            var parts = name[..^v4.Length].Split('.');
            return parts.Length == 4 && parts.All(p => byte.TryParse(p, NumberStyles.None, CultureInfo.InvariantCulture, out _))
                ? new IPAddress([.. parts.Reverse().Select(p => byte.Parse(p, CultureInfo.InvariantCulture))])
                : null;
        }

        if (name.EndsWith(v6, StringComparison.Ordinal))
        {
            var parts = name[..^v6.Length].Split('.');
            return parts.Length == 32 && parts.All(p => p.Length == 1 && char.IsAsciiHexDigit(p[0]))
                ? new IPAddress(Convert.FromHexString(string.Concat(parts.Reverse())))
                : null;
        }

        return null;
    }
}
