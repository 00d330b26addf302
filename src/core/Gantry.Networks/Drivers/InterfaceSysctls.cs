using Gantry.Errors;

namespace Gantry.Networks.Drivers;

/// <summary>The endpoint option <c>com.docker.network.endpoint.sysctls</c>: settings of one interface of a container.</summary>
internal static class InterfaceSysctls
{
    public const string Key = "com.docker.network.endpoint.sysctls";
    private const int Parts = 5;

    /// <summary>Things that are wrong with a value, in Docker's words.</summary>
    public static IEnumerable<string> Check(string value) =>
        from sysctl in value.Split(',')
        let name = sysctl.Split('.', Parts)
        where name.Length != Parts || name[1] is not ("ipv4" or "ipv6" or "mpls") || name[3] is not ("IFNAME" or "ifname")
        select $"unrecognised network interface sysctl '{sysctl}'; represent 'net.X.Y.ethN.Z=V' as 'net.X.Y.IFNAME.Z=V', 'X' must be 'ipv4', 'ipv6' or 'mpls'";

    /// <summary>Writes them. Runs inside the container's namespace.</summary>
    /// <exception cref="GantryException">One can't be set.</exception>
    public static void Apply(string interfaceName, IReadOnlyList<string> sysctls)
    {
        foreach (var sysctl in sysctls)
        {
            if (sysctl.Split('=', 2) is not [var name, var value])
            {
                throw GantryException.Internal($"expected sysctl '{sysctl}' to have format name=value");
            }

            var path = "/proc/sys/" + string.Join('/', name.Split('.', Parts).Select((part, i) => i == 3 ? interfaceName : part));
            if (Path.GetFullPath(path) != path || !path.StartsWith("/proc/sys/net/", StringComparison.Ordinal) || !File.Exists(path))
            {
                throw GantryException.Internal($"{path} is not a sysctl file");
            }

            Write(path, value);
        }
    }

    private static void Write(string path, string value)
    {
        try
        {
            File.WriteAllText(path, value);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw GantryException.Internal($"failed to set {path} to {value}: {e.Message}", e);
        }
    }
}
