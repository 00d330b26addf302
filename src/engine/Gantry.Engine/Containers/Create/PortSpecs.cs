using System.Globalization;
using Gantry.Api;
using Gantry.Errors;
using Gantry.Networks;

namespace Gantry.Engine.Containers.Create;

/// <summary>Ports of containers: <c>80/tcp</c> in ExposedPorts and PortBindings.</summary>
internal static class PortSpecs
{
    /// <summary>Takes <c>80/tcp</c>, <c>80</c> apart.</summary>
    /// <exception cref="GantryException">InvalidArgument in Docker's words.</exception>
    internal static (int Port, string Protocol) Parse(string spec)
    {
        var slash = spec.IndexOf('/', StringComparison.Ordinal);
        var number = slash < 0 ? spec : spec[..slash];
        var protocol = slash < 0 ? "tcp" : spec[(slash + 1)..].ToLowerInvariant();
        if (protocol is not ("tcp" or "udp" or "sctp"))
        {
            throw GantryException.InvalidArgument($"invalid protocol: {protocol}");
        }

        return int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and <= 65535
            ? (port, protocol)
            : throw GantryException.InvalidArgument($"invalid port specification: \"{number}\"");
    }

    internal static string Format(int port, string protocol) => string.Create(CultureInfo.InvariantCulture, $"{port}/{protocol}");

    /// <exception cref="GantryException">InvalidArgument in Docker's words.</exception>
    internal static void Validate(ContainerConfig config, HostConfig host)
    {
        foreach (var spec in config.ExposedPorts?.Keys ?? Enumerable.Empty<string>())
        {
            Parse(spec);
        }

        foreach (var (spec, bindings) in host.PortBindings ?? [])
        {
            Parse(spec);
            foreach (var binding in bindings ?? [])
            {
                ValidateHostPort(binding.HostPort ?? string.Empty);
                if (!string.IsNullOrEmpty(binding.HostIp) && !System.Net.IPAddress.TryParse(binding.HostIp, out _))
                {
                    throw GantryException.InvalidArgument($"invalid IP address: {binding.HostIp}");
                }
            }
        }
    }

    /// <summary>What the network service is to publish: the bindings, and with <c>-P</c> every other exposed port.</summary>
    internal static IReadOnlyList<PortRequest> Requests(ContainerConfig config, HostConfig host)
    {
        var requests = new List<PortRequest>();
        var bound = new HashSet<(int, string)>();
        foreach (var (spec, bindings) in host.PortBindings ?? [])
        {
            var key = Parse(spec);
            bound.Add(key);
            foreach (var binding in bindings is { Count: > 0 } ? bindings : [new PortBinding()])
            {
                requests.Add(new PortRequest(key.Protocol, key.Port, binding.HostIp ?? string.Empty, binding.HostPort ?? string.Empty));
            }
        }

        if (host.PublishAllPorts == true)
        {
            requests.AddRange(from spec in config.ExposedPorts?.Keys ?? Enumerable.Empty<string>()
                              let key = Parse(spec)
                              where !bound.Contains(key)
                              orderby key.Port
                              select new PortRequest(key.Protocol, key.Port, string.Empty, string.Empty));
        }

        return requests;
    }

    private static void ValidateHostPort(string text)
    {
        if (text.Length == 0)
        {
            return;
        }

        var parts = text.Split('-');
        var ok = parts.Length <= 2 && parts.All(p => ushort.TryParse(p, NumberStyles.None, CultureInfo.InvariantCulture, out _));
        if (!ok || (parts.Length == 2 && int.Parse(parts[1], CultureInfo.InvariantCulture) < int.Parse(parts[0], CultureInfo.InvariantCulture)))
        {
            throw GantryException.InvalidArgument($"invalid port specification: \"{text}\"");
        }
    }
}
