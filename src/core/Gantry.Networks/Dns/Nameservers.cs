using Gantry.Errors;
using Gantry.Networks.Addressing;

namespace Gantry.Networks.Dns;

/// <summary>Addresses of name servers as users give them.</summary>
public static class Nameservers
{
    /// <exception cref="GantryException">Internal, in the words of Docker and of Go's netip: one is no address.</exception>
    public static void Check(IReadOnlyList<string> servers)
    {
        ArgumentNullException.ThrowIfNull(servers);
        foreach (var server in servers)
        {
            var zone = server.IndexOf('%', StringComparison.Ordinal);
            if (!Subnet.TryParseAddress(zone > 0 ? server[..zone] : server, out _))
            {
                throw GantryException.Internal($"bad nameserver address {server}: ParseAddr(\"{server}\"): {Reason(server)}");
            }
        }
    }

    /// <summary>What is wrong with it. Text with a dot before any colon is meant to be IPv4.</summary>
    private static string Reason(string text)
    {
        if (text.AsSpan().IndexOfAny(".:%") is var first && (first < 0 || text[first] != '.'))
        {
            return "unable to parse IP";
        }

        var fields = text.Split('.');
        var at = 0;
        for (var i = 0; i < fields.Length; at += fields[i++].Length + 1)
        {
            if (fields[i].AsSpan().IndexOfAnyExceptInRange('0', '9') is >= 0 and var wrong)
            {
                return $"unexpected character (at \"{text[(at + wrong)..]}\")";
            }

            if (fields[i].Length == 0)
            {
                return $"IPv4 field must have at least one digit (at \"{text[Math.Min(at, text.Length - 1)..]}\")";
            }

            if (fields[i].Length > 1 && fields[i][0] == '0')
            {
                return "IPv4 field has octet with leading zero";
            }

            if (fields[i].Length > 3 || int.Parse(fields[i], System.Globalization.CultureInfo.InvariantCulture) > 255)
            {
                return "IPv4 field has value >255";
            }
        }

        return fields.Length < 4 ? "IPv4 address too short" : "IPv4 address too long";
    }
}
