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

        NetworkFlags.Check(flags);
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
}
