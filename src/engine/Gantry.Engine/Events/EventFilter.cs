using Gantry.Engine.Filters;
using Gantry.Oci;

namespace Gantry.Engine.Events;

/// <summary>The filters of <c>GET /events</c>.</summary>
public sealed class EventFilter
{
    private readonly FilterSet _filters;

    /// <summary>Filters it doesn't know leave everything, as in Docker.</summary>
    public EventFilter(FilterSet filters) => _filters = filters;

    public bool Matches(EngineEvent e) =>
        MatchAction(e)
        && _filters.ExactMatch("type", e.Type)
        && _filters.ExactMatch("scope", e.Scope)
        && MatchObject(e, "daemon") && MatchObject(e, "container") && MatchObject(e, "plugin") && MatchObject(e, "volume")
        && MatchObject(e, "network") && MatchObject(e, "service") && MatchObject(e, "node") && MatchObject(e, "secret") && MatchObject(e, "config")
        && MatchImage(e)
        && _filters.MatchLabels("label", e.Actor.Attributes);

    /// <summary><c>exec_create: sh</c> is found by <c>exec_create</c> too.</summary>
    private bool MatchAction(EngineEvent e) => _filters.Any("event", v => e.Action == v || e.Action.StartsWith(v + ":", StringComparison.Ordinal));

    /// <summary>A filter by object leaves the events of objects whose id or name begins so; which kind of object is not looked at, as in Docker.</summary>
    private bool MatchObject(EngineEvent e, string filter)
    {
        var wanted = _filters[filter];
        if (wanted.Count == 0)
        {
            return true;
        }

        var name = e.Actor.Attributes.GetValueOrDefault("name", string.Empty);
        return wanted.Any(v => e.Actor.Id.StartsWith(v, StringComparison.Ordinal) || name.StartsWith(v, StringComparison.Ordinal));
    }

    /// <summary>Images by id, by name with tag and by name alone; events of containers made from them too.</summary>
    private bool MatchImage(EngineEvent e)
    {
        var wanted = _filters["image"];
        if (wanted.Count == 0)
        {
            return true;
        }

        var name = e.Type == "image" ? e.Actor.Attributes.GetValueOrDefault("name") : e.Actor.Attributes.GetValueOrDefault("image");
        return wanted.Any(v => v == e.Actor.Id || v == name || (name is not null && v == NameOnly(name)) || (e.Type == "image" && NameOnly(e.Actor.Id) == v));
    }

    private static string NameOnly(string name) => ImageReference.TryParse(name, out var reference) ? reference.FamiliarName : name;
}
