using System.Globalization;
using System.Net;
using Gantry.Apps.Daemon.Flags;
using Gantry.Errors;

namespace Gantry.Apps.Daemon.Composition;

/// <summary>Checks values that only a part of the engine would find wrong, long after its start, so that <c>--validate</c> finds them too.</summary>
internal static class SettingsCheck
{
    /// <exception cref="GantryException">InvalidArgument, in dockerd's words where it checks the same.</exception>
    internal static void Run(FlagValues flags)
    {
        Labels(flags.List("label"));
        foreach (var server in flags.List("dns").Where(d => !IPAddress.TryParse(d, out _)))
        {
            throw GantryException.InvalidArgument($"IP address is not correctly formatted: {server}");
        }

        foreach (var flag in new[] { "ip" }.Where(f => flags.Text(f).Length > 0 && !IPAddress.TryParse(flags.Text(f), out _)))
        {
            throw GantryException.InvalidArgument($"invalid argument \"{flags.Text(flag)}\" for \"--{flag}\" flag: {flags.Text(flag)} is not an ip address");
        }

        if (flags.Number("mtu", 0) < 0)
        {
            throw GantryException.InvalidArgument($"invalid default MTU: {flags.Number("mtu", 0)}");
        }

        if (flags.Text("bip") is { Length: > 0 } bridge && !IsAddressWithPrefix(bridge))
        {
            throw GantryException.InvalidArgument($"invalid CIDR address: {bridge}");
        }

        using var registry = new Gantry.Registry.RegistryClient(new Gantry.Registry.RegistryOptions { Mirrors = flags.List("registry-mirror") });
    }

    private static void Labels(IReadOnlyList<string> labels)
    {
        var seen = new Dictionary<string, string>();
        foreach (var label in labels)
        {
            var equals = label.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
            {
                throw GantryException.InvalidArgument($"bad attribute format: {label}");
            }

            var (name, value) = (label[..equals], label[(equals + 1)..]);
            if (seen.TryGetValue(name, out var other) && other != value)
            {
                throw GantryException.InvalidArgument($"conflict labels for {name}={value} and {name}={other}");
            }

            seen[name] = value;
        }
    }

    private static bool IsAddressWithPrefix(string text) =>
        text.Split('/') is [var address, var prefix]
        && IPAddress.TryParse(address, out var parsed)
        && int.TryParse(prefix, NumberStyles.None, CultureInfo.InvariantCulture, out var bits)
        && bits <= parsed.GetAddressBytes().Length * 8;
}
