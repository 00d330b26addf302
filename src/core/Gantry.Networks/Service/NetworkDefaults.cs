using Gantry.Errors;

namespace Gantry.Networks.Service;

/// <summary>Completes a request with the daemon's default options for the driver.</summary>
internal static class NetworkDefaults
{
    private const string IPv4Key = "com.docker.network.enable_ipv4";
    private const string IPv6Key = "com.docker.network.enable_ipv6";

    /// <exception cref="GantryException">InvalidArgument: a switch has a value that is none.</exception>
    public static NetworkCreateOptions Apply(NetworkCreateOptions request, IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> defaults)
    {
        var options = new Dictionary<string, string>(request.Options);
        var driver = request.Driver.Length > 0 ? request.Driver : NetworkDrivers.Bridge;
        if (request.ConfigFrom.Length == 0 && defaults.TryGetValue(driver, out var given))
        {
            foreach (var (key, value) in given)
            {
                options.TryAdd(key, value);
            }
        }

        return request with
        {
            EnableIPv4 = Switch(options, IPv4Key, request.EnableIPv4) ?? true,
            EnableIPv6 = Switch(options, IPv6Key, request.EnableIPv6) ?? false,
            Options = options,
        };
    }

    /// <summary>What the request says wins, and then the option isn't shown: it would look as if it held.</summary>
    private static bool? Switch(Dictionary<string, string> options, string key, bool? asked)
    {
        if (asked is not null)
        {
            options.Remove(key);
            return asked;
        }

        return !options.TryGetValue(key, out var text) ? null : text switch
        {
            "1" or "t" or "T" or "true" or "TRUE" or "True" => true,
            "0" or "f" or "F" or "false" or "FALSE" or "False" => false,
            _ => throw GantryException.InvalidArgument($"driver-opt \"{key}\" is not a valid bool"),
        };
    }
}
