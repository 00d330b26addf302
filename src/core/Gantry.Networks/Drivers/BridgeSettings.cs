using System.Globalization;
using System.Net;
using Gantry.Errors;
using Gantry.Networks.Addressing;

namespace Gantry.Networks.Drivers;

/// <summary>The bridge driver's options (<c>com.docker.network.*</c>), read and checked.</summary>
internal sealed record BridgeSettings
{
    public const string NameKey = "com.docker.network.bridge.name";
    public const string IntercomKey = "com.docker.network.bridge.enable_icc";
    public const string MasqueradeKey = "com.docker.network.bridge.enable_ip_masquerade";
    public const string HostBindingKey = "com.docker.network.bridge.host_binding_ipv4";
    public const string MtuKey = "com.docker.network.driver.mtu";
    public const string DefaultBridgeKey = "com.docker.network.bridge.default_bridge";
    private const string InterfacePrefixKey = "com.docker.network.container_iface_prefix";
    private const string GatewayModeKey = "com.docker.network.bridge.gateway_mode_ipv";
    private const string HostAddressKey = "com.docker.network.host_ipv";
    private const string InhibitIPv4Key = "com.docker.network.bridge.inhibit_ipv4";
    private const string TrustedInterfacesKey = "com.docker.network.bridge.trusted_host_interfaces";
    private const int MaxDeviceName = 15;

    /// <summary>Device name from the options, or empty.</summary>
    public string Name { get; private init; } = "";

    public bool Intercom { get; private init; } = true;

    public bool Masquerade { get; private init; } = true;

    /// <summary>Host address for ports published without one, or empty.</summary>
    public string HostBinding { get; private init; } = "";

    /// <summary>0: the kernel's.</summary>
    public int Mtu { get; private init; }

    public GatewayMode Mode4 { get; private init; }

    public GatewayMode Mode6 { get; private init; }

    /// <summary>The bridge gets no IPv4 address; the gateway is somebody else's work.</summary>
    public bool InhibitIPv4 { get; private init; }

    /// <summary>Host interfaces through which published ports can be reached at the containers' own addresses.</summary>
    public IReadOnlyList<string> TrustedInterfaces { get; private init; } = [];

    /// <summary>Source address of what leaves the host, or empty for that of the interface it leaves through.</summary>
    public string HostAddress4 { get; private init; } = "";

    public string HostAddress6 { get; private init; } = "";

    /// <summary>First part of the names of interfaces in containers.</summary>
    public string InterfacePrefix { get; private init; } = "eth";

    public static BridgeSettings Parse(IReadOnlyDictionary<string, string> options)
    {
        var settings = new BridgeSettings();
        foreach (var (key, value) in options)
        {
            settings = key switch
            {
                NameKey => settings with { Name = DeviceName(value) },
                IntercomKey => settings with { Intercom = Bool(key, value) },
                MasqueradeKey => settings with { Masquerade = Bool(key, value) },
                HostBindingKey => settings with { HostBinding = Address(key, value) },
                MtuKey => settings with { Mtu = Number(key, value) },
                InterfacePrefixKey => settings with { InterfacePrefix = value.Length > 0 ? value : "eth" },
                GatewayModeKey + "4" => settings with { Mode4 = Mode(key, value) },
                GatewayModeKey + "6" => settings with { Mode6 = Mode(key, value) },
                InhibitIPv4Key => settings with { InhibitIPv4 = Bool(key, value) },
                TrustedInterfacesKey => settings with { TrustedInterfaces = [.. value.Split(':', StringSplitOptions.RemoveEmptyEntries).Select(DeviceName)] },
                HostAddressKey + "4" => settings with { HostAddress4 = Address(key, value) },
                HostAddressKey + "6" => settings with { HostAddress6 = Address(key, value) },
                _ => settings,
            };
        }

        return settings;
    }

    private static string DeviceName(string name)
    {
        if (name.Length > MaxDeviceName)
        {
            throw GantryException.InvalidArgument("numerical result out of range");
        }

        return name.Any(c => c is '/' or '"' or '*' or '\\' or ':' || c <= ' ' || c > '~') || name is "." or ".."
            ? throw GantryException.InvalidArgument($"invalid bridge name: {name}")
            : name;
    }

    private static string Address(string key, string value) =>
        Subnet.TryParseAddress(value, out IPAddress address) ? address.ToString() : throw Invalid(key, value, "nil ip");

    private static GatewayMode Mode(string key, string value) => value switch
    {
        "nat" => GatewayMode.Nat,
        "nat-unprotected" => GatewayMode.NatUnprotected,
        "routed" => GatewayMode.Routed,
        "isolated" => GatewayMode.Isolated,
        _ => throw Invalid(key, value, $"unknown gateway mode {value}"),
    };

    /// <summary>The words that Go's strconv.ParseBool takes.</summary>
    private static bool Bool(string key, string value) => value switch
    {
        "1" or "t" or "T" or "true" or "TRUE" or "True" => true,
        "0" or "f" or "F" or "false" or "FALSE" or "False" => false,
        _ => throw Invalid(key, value, $"strconv.ParseBool: parsing \"{value}\": invalid syntax"),
    };

    private static int Number(string key, string value) =>
        int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? number >= 0 ? number : throw GantryException.InvalidArgument($"invalid MTU number: {number}")
            : throw Invalid(key, value, $"strconv.Atoi: parsing \"{value}\": invalid syntax");

    private static GantryException Invalid(string key, string value, string why) => GantryException.InvalidArgument($"failed to parse {key} value: {value} ({why})");
}
