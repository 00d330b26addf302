using System.Globalization;
using Gantry.Api;
using Gantry.Engine.Containers.Links;
using Gantry.Engine.Containers.State;
using Gantry.Engine.Containers.Views;
using Gantry.Engine.Filters;
using Gantry.Errors;
using Gantry.Oci;

namespace Gantry.Engine.Containers;

/// <summary>What <c>GET /containers/json</c> was asked.</summary>
/// <param name="Limit">0 or less: no limit.</param>
public sealed record ListRequest(bool All, int Limit, bool Size, FilterSet Filters);

/// <summary>Lists containers, newest first.</summary>
internal sealed class ListFlow(EngineCore core, InspectView inspect)
{
    private static readonly string[] s_states = ["paused", "restarting", "removing", "running", "dead", "created", "exited"];

    /// <exception cref="GantryException">InvalidArgument for unknown filters and values; NotFound for before and since.</exception>
    internal List<ContainerSummary> List(ListRequest request)
    {
        var filters = request.Filters.Validate(
            "ancestor", "before", "exited", "id", "isolation", "label", "name", "status", "health", "since", "volume", "network", "is-task", "publish", "expose");
        var match = Compile(filters);
        var all = request.All || request.Limit > 0 || filters.Has("status");
        var chosen = core.Containers.All().Select(c => c.Record)
            .Where(r => all || r.State.IsActive)
            .OrderByDescending(r => r.Created)
            .Where(match);
        if (request.Limit > 0)
        {
            chosen = chosen.Take(request.Limit);
        }

        var view = new ListView(core, inspect, new ContainerLinks(core).Names());
        return chosen.Select(r => view.Describe(r, request.Size)).ToList();
    }

    private Func<ContainerRecord, bool> Compile(FilterSet filters)
    {
        if (filters["status"].FirstOrDefault(s => !s_states.Contains(s)) is { } state)
        {
            throw GantryException.InvalidArgument(
                $"invalid filter 'status={state}': invalid value for state ({state}): must be one of created, running, paused, restarting, removing, exited, dead");
        }

        if (filters["health"].FirstOrDefault(h => h is not ("starting" or "healthy" or "unhealthy" or "none")) is { } health)
        {
            throw GantryException.InvalidArgument(
                $"invalid filter 'health={health}': invalid value for health ({health}): must be one of none, starting, healthy, unhealthy");
        }

        var ids = filters.Has("id") ? filters["id"].Select(core.Containers.FindId).ToHashSet() : null;
        var exited = filters["exited"].Select(ParseExit).ToList();
        var before = filters["before"].Select(r => (DateTimeOffset?)core.Containers.Get(r).Record.Created).Min();
        var since = filters["since"].Select(r => (DateTimeOffset?)core.Containers.Get(r).Record.Created).Max();
        var ancestors = filters.Has("ancestor") ? Ancestors(filters["ancestor"]) : null;
        var publish = filters["publish"].Select(v => PortRange.Parse("publish", v)).ToList();
        var expose = filters["expose"].Select(v => PortRange.Parse("expose", v)).ToList();
        var isTask = filters.Bool("is-task", absent: false);
        // "isolation" says nothing on Linux.
        return r => !isTask
            && (ids is null || ids.Contains(r.Id))
            && filters.Any("name", v => MatchName(v, r.Name))
            && filters.MatchLabels("label", r.Config.Labels)
            && filters.Any("status", v => r.State.Phase.Name() == v)
            && filters.Any("health", v => v == (r.State.Health?.Status ?? "none"))
            && (exited.Count == 0 || (r.State.Phase == ContainerPhase.Exited && r.State.StartedBefore && exited.Contains(r.State.ExitCode)))
            && (before is null || r.Created < before) && (since is null || r.Created > since)
            && (ancestors is null || ancestors.Contains(r.ImageId))
            && filters.Any("volume", v => r.Mounts.Any(m => m.Name == v || m.Destination == v || m.Source == v))
            && filters.Any("network", v => MatchNetwork(v, r))
            && ((publish.Count == 0 && expose.Count == 0) || NetworkView.PortList(r, core.Parts.Networks) is { } ports
                && (ports.Any(p => publish.Any(f => f.Matches(p.PublicPort ?? 0, p.Type))) || ports.Any(p => expose.Any(f => f.Matches(p.PrivatePort ?? 0, p.Type)))));
    }

    private static int ParseExit(string text) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var code)
            ? code
            : throw GantryException.InvalidArgument($"invalid filter 'exited={text}': strconv.Atoi: parsing \"{text}\": invalid syntax");

    /// <summary>A part of the name, or a regular expression; its time is bounded.</summary>
    private static bool MatchName(string pattern, string name)
    {
        try
        {
            return name.Contains(pattern, StringComparison.Ordinal)
                || System.Text.RegularExpressions.Regex.IsMatch("/" + name, pattern.StartsWith('^') && !pattern.StartsWith("^/", StringComparison.Ordinal)
                    ? "^/?" + pattern[1..] : pattern, System.Text.RegularExpressions.RegexOptions.CultureInvariant, TimeSpan.FromMilliseconds(100));
        }
        catch (Exception e) when (e is ArgumentException or System.Text.RegularExpressions.RegexMatchTimeoutException)
        {
            return false;
        }
    }

    private bool MatchNetwork(string value, ContainerRecord record) =>
        record.Networks.Keys.Any(n => n == value || core.Parts.Networks.Find(n) is { } network
            && (network.Name == value || network.Id == value || (value.Length > 0 && network.Id.StartsWith(value, StringComparison.Ordinal))));

    /// <summary>Ids of the named images and of all images built on them.</summary>
    private HashSet<string> Ancestors(IEnumerable<string> names)
    {
        var ids = new HashSet<string>();
        var pending = new Queue<Digest>(names.Select(core.Parts.Images.Find).Where(i => i is not null).Select(i => i!.Id));
        while (pending.TryDequeue(out var id))
        {
            if (ids.Add(id.ToString()))
            {
                foreach (var child in core.Parts.Images.Children(id))
                {
                    pending.Enqueue(child.Id);
                }
            }
        }

        return ids;
    }

    /// <summary>Ports of the filters <c>publish</c> (a host's port) and <c>expose</c> (a container's): <c>80</c>, <c>80/udp</c>, <c>8000-8080/tcp</c>.</summary>
    private readonly record struct PortRange(int First, int Last, string Protocol)
    {
        /// <exception cref="GantryException">Internal, as Docker has it.</exception>
        internal static PortRange Parse(string filter, string value)
        {
            if (value.Contains(':', StringComparison.Ordinal))
            {
                throw GantryException.Internal($"filter for '{filter}' should not contain ':': {value}");
            }

            var slash = value.IndexOf('/', StringComparison.Ordinal);
            var range = (slash < 0 ? value : value[..slash]).Split('-', 2);
            return new PortRange(Number(filter, value, range[0]), Number(filter, value, range[^1]), slash < 0 ? "tcp" : value[(slash + 1)..].ToLowerInvariant());
        }

        internal bool Matches(int port, string? protocol) => port >= First && port <= Last && Protocol == protocol;

        private static int Number(string filter, string value, string text) => ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            ? port
            : throw GantryException.Internal($"error while looking up for {filter} {value}: strconv.ParseUint: parsing \"{text}\": {(text.Length > 0 && text.All(char.IsAsciiDigit) ? "value out of range" : "invalid syntax")}");
    }
}
