using System.Globalization;
using Gantry.Api;

namespace Gantry.Apps.Cli.Formatting;

/// <summary>Ports of a row: "0.0.0.0:8080->80/tcp, 90-92/udp". Neighbours that map to themselves are joined to ranges.</summary>
internal static class PortList
{
    public static string Format(IEnumerable<Port> ports)
    {
        var ranges = new List<PortRange>();
        var open = new Dictionary<(string Ip, string Type), PortRange>();
        var closed = new List<string>();
        var mapped = new List<string>();
        var sorted = ports.OrderBy(p => p.PrivatePort).ThenBy(p => p.IP ?? "", StringComparer.Ordinal).ThenBy(p => p.PublicPort).ThenBy(p => p.Type, StringComparer.Ordinal);
        foreach (var port in sorted)
        {
            var (ip, type, number) = (port.IP ?? "", port.Type ?? "", (long)(port.PrivatePort ?? 0));
            if (ip.Length > 0 && port.PublicPort != port.PrivatePort)
            {
                mapped.Add($"{Address(ip, Text(port.PublicPort ?? 0))}->{Text(number)}/{type}");
            }
            else if (!open.TryGetValue((ip, type), out var range))
            {
                ranges.Add(open[(ip, type)] = new PortRange(ip, type, number));
            }
            else if (number == range.Last + 1)
            {
                range.Last = number;
            }
            else
            {
                closed.Add(range.ToString());
                (range.First, range.Last) = (number, number);
            }
        }

        return string.Join(", ", closed.Concat(ranges.Select(r => r.ToString())).Concat(mapped));
    }

    private static string Text(long port) => port.ToString(CultureInfo.InvariantCulture);

    private static string Address(string ip, string port) => ip.Contains(':', StringComparison.Ordinal) ? $"[{ip}]:{port}" : $"{ip}:{port}";

    private sealed class PortRange(string ip, string type, long first)
    {
        public long First { get; set; } = first;

        public long Last { get; set; } = first;

        public override string ToString()
        {
            var group = First == Last ? Text(First) : $"{Text(First)}-{Text(Last)}";
            return ip.Length > 0 ? $"{Address(ip, group)}->{group}/{type}" : $"{group}/{type}";
        }
    }
}
