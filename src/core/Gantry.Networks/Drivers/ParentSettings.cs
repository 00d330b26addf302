using Gantry.Errors;

namespace Gantry.Networks.Drivers;

/// <summary>Options of the macvlan and ipvlan drivers, read and checked.</summary>
/// <param name="Driver"><c>macvlan</c> or <c>ipvlan</c>.</param>
/// <param name="Parent">Host interface that containers' interfaces hang on.</param>
/// <param name="Mode">As the driver's option names it.</param>
/// <param name="Flag">ipvlan only: <c>bridge</c>, <c>private</c> or <c>vepa</c>.</param>
internal sealed record ParentSettings(string Driver, string Parent, string Mode, string Flag)
{
    private const string ParentKey = "parent";
    private const string DummyPrefix = "dm-";
    private const int DummyDigits = 12;

    public bool IsMacvlan => Driver == "macvlan";

    /// <summary>The parent is an interface of ours that leads nowhere: none was given.</summary>
    public bool IsDummy { get; private init; }

    public bool IsPassthru => IsMacvlan && Mode == "passthru";

    /// <summary>MACVLAN_MODE_* or IPVLAN_MODE_* (linux/if_link.h).</summary>
    public uint KernelMode => Mode switch
    {
        "private" => 1,
        "vepa" => 2,
        "bridge" => 4,
        "passthru" => 8,
        "l2" => 0,
        "l3" => 1,
        _ => 2,
    };

    /// <summary>IPVLAN_F_*.</summary>
    public ushort KernelFlags => Flag switch
    {
        "private" => 1,
        "vepa" => 2,
        _ => 0,
    };

    /// <param name="networkId">Names the interface that stands in for a parent that isn't given.</param>
    /// <exception cref="GantryException">An option has a value that isn't there; Docker's words and kind.</exception>
    public static ParentSettings Parse(string driver, string networkId, IReadOnlyDictionary<string, string> options)
    {
        var macvlan = driver == "macvlan";
        var mode = Option(options, macvlan ? "macvlan_mode" : "ipvlan_mode", macvlan ? "bridge" : "l2");
        if (!(macvlan ? mode is "bridge" or "private" or "passthru" or "vepa" : mode is "l2" or "l3" or "l3s"))
        {
            throw GantryException.Internal($"requested {driver} mode '{mode}' is not valid, '{(macvlan ? "bridge" : "l2")}' mode is the {driver} driver default");
        }

        var flag = macvlan ? "" : Option(options, "ipvlan_flag", "bridge");
        if (flag is not ("" or "bridge" or "private" or "vepa"))
        {
            throw GantryException.Internal($"requested ipvlan flag '{flag}' is not valid, 'bridge' is the ipvlan driver default");
        }

        return Option(options, ParentKey, "") switch
        {
            "" => new ParentSettings(driver, DummyPrefix + networkId[..DummyDigits], mode, flag) { IsDummy = true },
            "lo" => throw GantryException.Internal($"loopback interface is not a valid {driver} parent link"),
            var parent => new ParentSettings(driver, parent, mode, flag),
        };
    }

    private static string Option(IReadOnlyDictionary<string, string> options, string key, string absent) =>
        options.GetValueOrDefault(key) is { Length: > 0 } value ? value : absent;
}
