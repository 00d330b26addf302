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
                HostBindingKey => settings with { HostBinding = Binding(value) },
                MtuKey => settings with { Mtu = Number(key, value) },
                InterfacePrefixKey => settings with { InterfacePrefix = value.Length > 0 ? value : "eth" },
                GatewayModeKey + "4" or GatewayModeKey + "6" when value is not ("" or "nat") =>
                    throw GantryException.NotImplemented($"gateway mode {value} is not supported yet ({key})"),
                InhibitIPv4Key when Bool(key, value) => throw GantryException.NotImplemented($"option {key} is not supported yet"),
                TrustedInterfacesKey when value.Length > 0 => throw GantryException.NotImplemented($"option {key} is not supported yet"),
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

    private static string Binding(string value) =>
        value.Length == 0 || Subnet.TryParseAddress(value, out IPAddress _) ? value : throw GantryException.InvalidArgument($"failed to parse {HostBindingKey} value: {value} (nil ip)");

    /// <summary>The words that Go's strconv.ParseBool takes.</summary>
    private static bool Bool(string key, string value) => value switch
    {
        "1" or "t" or "T" or "true" or "TRUE" or "True" => true,
        "0" or "f" or "F" or "false" or "FALSE" or "False" => false,
        _ => throw GantryException.InvalidArgument($"failed to parse {key} value: {value} (strconv.ParseBool: parsing \"{value}\": invalid syntax)"),
    };

    private static int Number(string key, string value) =>
        int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= 0
            ? number
            : throw GantryException.InvalidArgument($"failed to parse {key} value: {value} (strconv.Atoi: parsing \"{value}\": invalid syntax)");
}
