using System.Globalization;
using Gantry.Engine.Containers.Create;
using Gantry.Engine.Containers.State;
using Gantry.Errors;

namespace Gantry.Engine.Containers.Links;

/// <summary>The variables that tell a container of those it links to: their addresses, ports and environment.</summary>
internal static class LinkEnvironment
{
    /// <exception cref="GantryException">Internal: a linked container doesn't run, or isn't on the default bridge.</exception>
    internal static List<string> Build(EngineCore core, ContainerRecord record)
    {
        var variables = new List<string>();
        foreach (var (alias, target) in new ContainerLinks(core).Of(record))
        {
            if (!target.State.IsActive)
            {
                throw GantryException.Internal($"Cannot link to a non running container: /{target.Name} AS /{record.Name}/{alias}");
            }

            var address = core.Parts.Networks.FindSandbox(target.Id)?.Endpoints.FirstOrDefault(e => e.NetworkName == "bridge")?.IPAddress
                ?? throw GantryException.Internal($"container {target.Id} not attached to default bridge network");
            Add(variables, alias.ToUpperInvariant().Replace('-', '_'), $"/{record.Name}/{alias}", address, target);
        }

        return variables;
    }

    private static void Add(List<string> variables, string prefix, string name, string address, ContainerRecord target)
    {
        var ports = (target.Config.ExposedPorts?.Keys ?? Enumerable.Empty<string>()).Select(PortSpecs.Parse).OrderBy(p => p.Port).ThenBy(p => p.Protocol, StringComparer.Ordinal).ToList();
        if (ports.Count > 0)
        {
            variables.Add($"{prefix}_PORT={Url(ports[0].Protocol, address, ports[0].Port)}");
        }

        foreach (var (port, protocol) in ports)
        {
            var number = port.ToString(CultureInfo.InvariantCulture);
            var key = $"{prefix}_PORT_{number}_{protocol.ToUpperInvariant()}";
            variables.Add($"{key}={Url(protocol, address, port)}");
            variables.Add($"{key}_ADDR={address}");
            variables.Add($"{key}_PORT={number}");
            variables.Add($"{key}_PROTO={protocol}");
        }

        variables.Add($"{prefix}_NAME={name}");
        foreach (var entry in target.Config.Env ?? [])
        {
            var equals = entry.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0 && entry[..equals] is not ("HOME" or "PATH"))
            {
                variables.Add($"{prefix}_ENV_{entry}");
            }
        }
    }

    private static string Url(string protocol, string address, int port) => string.Create(CultureInfo.InvariantCulture, $"{protocol}://{address}:{port}");
}
