using System.Diagnostics.CodeAnalysis;
using Gantry.Errors;

namespace Gantry.Engine.Containers.Naming;

/// <summary>All containers by id, name and id prefix; cost of a look-up does not grow with their number (a prefix is a tree search).</summary>
internal sealed class ContainerIndex
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Container> _byId = [];
    private readonly Dictionary<string, string> _idByName = [];
    private readonly SortedSet<string> _ids = new(StringComparer.Ordinal);

    internal int Count
    {
        get
        {
            lock (_lock)
            {
                return _byId.Count;
            }
        }
    }

    /// <summary>Takes a name for an id before the container exists.</summary>
    /// <exception cref="GantryException">Conflict in Docker's words.</exception>
    internal void Reserve(string name, string id)
    {
        lock (_lock)
        {
            if (!_idByName.TryAdd(name, id) && _idByName[name] != id)
            {
                throw GantryException.Conflict(
                    $"Conflict. The container name \"/{name}\" is already in use by container \"{_idByName[name]}\". "
                    + "You have to remove (or rename) that container to be able to reuse that name.");
            }
        }
    }

    internal bool TryReserve(string name, string id)
    {
        lock (_lock)
        {
            return _idByName.TryAdd(name, id);
        }
    }

    /// <summary>Gives a name back if <paramref name="id"/> holds it.</summary>
    internal void Release(string name, string id)
    {
        lock (_lock)
        {
            if (_idByName.TryGetValue(name, out var holder) && holder == id)
            {
                _idByName.Remove(name);
            }
        }
    }

    internal void Add(Container container)
    {
        lock (_lock)
        {
            _byId[container.Id] = container;
            _ids.Add(container.Id);
            _idByName[container.Name] = container.Id;
        }
    }

    internal void Remove(Container container)
    {
        lock (_lock)
        {
            _byId.Remove(container.Id);
            _ids.Remove(container.Id);
            if (_idByName.TryGetValue(container.Name, out var holder) && holder == container.Id)
            {
                _idByName.Remove(container.Name);
            }
        }
    }

    internal IReadOnlyList<Container> All()
    {
        lock (_lock)
        {
            return [.. _byId.Values];
        }
    }

    /// <summary>Full id, then exact name with or without slash, then a link's name, then unique id prefix.</summary>
    /// <exception cref="GantryException">NotFound; InvalidArgument for an ambiguous prefix.</exception>
    internal Container Get(string reference) => TryGet(reference, out var container)
        ? container
        : throw GantryException.NotFound($"No such container: {reference}");

    /// <exception cref="GantryException">InvalidArgument for an ambiguous prefix.</exception>
    internal bool TryGet(string reference, [NotNullWhen(true)] out Container? container)
    {
        lock (_lock)
        {
            var name = reference.StartsWith('/') ? reference[1..] : reference;
            if (_byId.TryGetValue(reference, out container)
                || (_idByName.TryGetValue(name, out var id) && _byId.TryGetValue(id, out container))
                || (LinkTarget(name) is { } target && _byId.TryGetValue(target, out container)))
            {
                return true;
            }

            container = ByPrefix(reference) is { } found ? _byId[found] : null;
            return container is not null;
        }
    }

    /// <summary>The one id that begins like this; null where there is none or more than one.</summary>
    internal string? FindId(string prefix)
    {
        lock (_lock)
        {
            return _byId.ContainsKey(prefix) ? prefix : Matches(prefix) is [var only] ? only : null;
        }
    }

    /// <summary>The container that another one links to, by the name it has there: <c>OTHER/ALIAS</c>.</summary>
    private string? LinkTarget(string name) =>
        name.IndexOf('/', StringComparison.Ordinal) is > 0 and var slash
        && _idByName.TryGetValue(name[..slash], out var id) && _byId.TryGetValue(id, out var linking)
            ? linking.Record.Links.FirstOrDefault(l => l.Alias == name[(slash + 1)..])?.Id
            : null;

    private string? ByPrefix(string prefix) => Matches(prefix) switch
    {
        [] => null,
        [var only] => only,
        _ => throw GantryException.InvalidArgument($"multiple IDs found with provided prefix: {prefix}"),
    };

    /// <summary>Ids that begin like this, two at most.</summary>
    private List<string> Matches(string prefix) => prefix.Length is 0 or >= 64 || prefix.Any(c => !char.IsAsciiHexDigitLower(c))
        ? []
        : _ids.GetViewBetween(prefix, prefix + "g").Take(2).ToList();
}
