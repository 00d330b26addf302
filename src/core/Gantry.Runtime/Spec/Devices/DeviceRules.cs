using System.Globalization;
using System.Text.RegularExpressions;
using Gantry.Errors;
using Gantry.Oci;

namespace Gantry.Runtime.Spec;

/// <summary>Rules of the device cgroup: Docker's allow list and <c>--device-cgroup-rule</c>.</summary>
internal static partial class DeviceRules
{
    /// <summary>Nothing, then null, zero, full (through the runtime), random, urandom, tty and console; explicitly not fuse.</summary>
    internal static IReadOnlyList<LinuxDeviceCgroup> Default { get; } =
    [
        new() { Allow = false, Access = "rwm" },
        Character(1, 5), Character(1, 3), Character(1, 9), Character(1, 8), Character(5, 0), Character(5, 1),
        new() { Allow = false, Type = "c", Major = 10, Minor = 229, Access = "rwm" },
    ];

    internal static LinuxDeviceCgroup Everything { get; } = new() { Allow = true, Access = "rwm" };

    /// <summary>Throws InvalidArgument when one is not a rule.</summary>
    internal static void CheckRules(IEnumerable<string>? rules)
    {
        foreach (var rule in rules ?? [])
        {
            _ = Parse(rule);
        }
    }

    /// <summary><c>c 42:* rwm</c>.</summary>
    internal static LinuxDeviceCgroup Parse(string rule)
    {
        var match = Rule().Match(rule);
        return !match.Success
            ? throw GantryException.InvalidArgument($"invalid device cgroup rule format: '{rule}'")
            : new LinuxDeviceCgroup
            {
                Allow = true,
                Type = match.Groups[1].Value,
                Major = Number(rule, match.Groups[2].Value),
                Minor = Number(rule, match.Groups[3].Value),
                Access = match.Groups[4].Value,
            };
    }

    private static long? Number(string rule, string text) =>
        text == "*" ? null
        : uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
        : throw GantryException.InvalidArgument($"invalid device cgroup rule format: '{rule}'");

    private static LinuxDeviceCgroup Character(long major, long minor) =>
        new() { Allow = true, Type = "c", Major = major, Minor = minor, Access = "rwm" };

    [GeneratedRegex(@"^([acb]) ([0-9]+|\*):([0-9]+|\*) ([rwm]{1,3})$", RegexOptions.CultureInvariant)]
    private static partial Regex Rule();
}
