using Gantry.Api;
using Gantry.Apps.Cli.CommandLine;
using Gantry.Errors;

namespace Gantry.Apps.Cli.Running;

/// <summary>One --network: a name, or "name=...,alias=...,ip=...".</summary>
internal sealed record NetworkAttachment(string Target)
{
    public List<string> Aliases { get; init; } = [];

    public List<string> Links { get; init; } = [];

    public string Ip4 { get; set; } = "";

    public string Ip6 { get; set; } = "";

    public List<string> LinkLocal { get; init; } = [];

    public string Mac { get; set; } = "";

    public Dictionary<string, string> DriverOptions { get; init; } = [];

    public long GatewayPriority { get; set; }

    /// <summary>Whether the name is of a network, not one of the modes bridge, host, none, default and container:NAME.</summary>
    public bool IsUserDefined => Target is not ("default" or "bridge" or "host" or "none") && !Target.StartsWith("container:", StringComparison.Ordinal);

    public static NetworkAttachment Parse(string text)
    {
        if (!IsLongForm(text))
        {
            return new NetworkAttachment(text);
        }

        var result = new NetworkAttachment("");
        foreach (var field in Csv.Parse(text))
        {
            result = result.Take(field);
        }

        return result.Target.Length > 0 ? result : throw GantryException.InvalidArgument("network name/id is not specified");
    }

    /// <summary>The endpoint for the API.</summary>
    public EndpointSettings ToEndpoint()
    {
        if (Aliases.Count > 0 && !IsUserDefined)
        {
            throw GantryException.InvalidArgument("network-scoped aliases are only supported for user-defined networks");
        }

        var hasAddress = Ip4.Length > 0 || Ip6.Length > 0 || LinkLocal.Count > 0;
        return new EndpointSettings
        {
            Aliases = Aliases.Count > 0 ? Aliases : null,
            Links = Links.Count > 0 && IsUserDefined ? Links : null,
            DriverOpts = DriverOptions.Count > 0 ? DriverOptions : null,
            MacAddress = Mac.Length > 0 ? FlagChecks.MacAddress(Mac.Trim()) : null,
            GwPriority = GatewayPriority != 0 ? GatewayPriority : null,
            IPAMConfig = !hasAddress ? null : new EndpointIPAMConfig
            {
                IPv4Address = Ip4.Length > 0 ? Ip4 : null, IPv6Address = Ip6.Length > 0 ? Ip6 : null, LinkLocalIPs = LinkLocal.Count > 0 ? LinkLocal : null,
            },
        };
    }

    private NetworkAttachment Take(string field)
    {
        var mark = field.IndexOf('=', StringComparison.Ordinal);
        if (mark < 0)
        {
            throw GantryException.InvalidArgument($"invalid field {field}");
        }

        var (key, value) = (field[..mark].Trim().ToLowerInvariant(), field[(mark + 1)..].Trim().ToLowerInvariant());
        switch (key)
        {
            case "name":
                return this with { Target = value };
            case "alias":
                Aliases.Add(value);
                break;
            case "ip":
                Ip4 = value;
                break;
            case "ip6":
                Ip6 = value;
                break;
            case "mac-address":
                Mac = FlagChecks.MacAddress(value);
                break;
            case "link-local-ip":
                LinkLocal.Add(value);
                break;
            case "driver-opt":
                var (name, option) = FlagValues.Pair(value);
                DriverOptions[name] = value.Contains('=', StringComparison.Ordinal) ? option : throw GantryException.InvalidArgument("invalid key value pair format in driver options");
                break;
            case "gw-priority":
                GatewayPriority = Priority(value);
                break;
            default:
                throw GantryException.InvalidArgument($"invalid field key {key}");
        }

        return this;
    }

    private static long Priority(string value)
    {
        try
        {
            return FlagValues.Integer(value);
        }
        catch (GantryException e)
        {
            throw GantryException.InvalidArgument($"invalid gw-priority ({value}): {e.Message[(e.Message.LastIndexOf(": ", StringComparison.Ordinal) + 2)..]}", e);
        }
    }

    /// <summary>Somewhere in it stands "word=word".</summary>
    private static bool IsLongForm(string text)
    {
        var mark = text.IndexOf('=', StringComparison.Ordinal);
        while (mark >= 0)
        {
            if (mark > 0 && mark + 1 < text.Length && IsWord(text[mark - 1]) && IsWord(text[mark + 1]))
            {
                return true;
            }

            mark = text.IndexOf('=', mark + 1);
        }

        return false;
    }

    private static bool IsWord(char c) => char.IsAsciiLetterOrDigit(c) || c == '_';
}
