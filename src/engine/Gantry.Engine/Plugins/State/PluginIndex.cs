using System.Collections.Concurrent;
using Gantry.Errors;
using Gantry.Metadata;
using Gantry.Oci;

namespace Gantry.Engine.Plugins.State;

/// <summary>The engine's plugins by id and name.</summary>
internal sealed class PluginIndex(RecordTable<PluginRecord> records)
{
    private readonly ConcurrentDictionary<string, PluginEntry> _entries = new(StringComparer.Ordinal);
    private readonly HashSet<string> _reserved = new(StringComparer.Ordinal);
    private readonly Lock _names = new();

    internal IReadOnlyList<PluginEntry> All() => [.. _entries.Values.OrderBy(e => e.Record.Name, StringComparer.Ordinal)];

    internal bool Contains(string id) => _entries.ContainsKey(id);

    internal PluginEntry? TryGet(string id) => _entries.GetValueOrDefault(id);

    internal void Load()
    {
        foreach (var (id, record) in records.All())
        {
            _entries[id] = new PluginEntry(record);
        }
    }

    /// <summary>By name (the tag may be left out), id, or the beginning of an id.</summary>
    /// <exception cref="GantryException">NotFound; InvalidArgument: several ids begin so. Docker's words.</exception>
    internal PluginEntry Get(string nameOrId)
    {
        if (_entries.TryGetValue(nameOrId, out var exact))
        {
            return exact;
        }

        if (!ImageReference.TryParse(nameOrId, out var reference) || !reference.Digest.IsEmpty)
        {
            throw NotFound(nameOrId);
        }

        var name = reference.WithDefaultTag().Familiar;
        return _entries.Values.FirstOrDefault(e => e.Record.Name == name)
            ?? _entries.Values.Where(e => e.Record.Id.StartsWith(nameOrId, StringComparison.Ordinal)).Take(2).ToList() switch
            {
                [var only] => only,
                [] => throw NotFound(nameOrId),
                _ => throw GantryException.InvalidArgument($"multiple plugins found for \"{nameOrId}\""),
            };
    }

    /// <summary>Keeps a name for a plugin that is being made until the result is disposed.</summary>
    /// <exception cref="GantryException">Conflict: there is one of that name.</exception>
    internal IDisposable Reserve(string name)
    {
        lock (_names)
        {
            if (_entries.Values.Any(e => e.Record.Name == name) || !_reserved.Add(name))
            {
                throw GantryException.Conflict($"plugin {name} already exists");
            }
        }

        return new Reservation(this, name);
    }

    /// <summary>Records a new plugin; on disk when this returns.</summary>
    internal PluginEntry Add(PluginRecord record)
    {
        records.Put(record.Id, record, Durability.Durable);
        return _entries[record.Id] = new PluginEntry(record);
    }

    /// <summary>Replaces a plugin's record; on disk when this returns. The caller holds its gate.</summary>
    internal void Update(PluginEntry entry, Func<PluginRecord, PluginRecord> change)
    {
        var record = change(entry.Record);
        records.Put(record.Id, record, Durability.Durable);
        entry.Record = record;
    }

    internal void Remove(PluginEntry entry)
    {
        entry.IsGone = true;
        records.Delete(entry.Record.Id, Durability.Durable);
        _entries.TryRemove(entry.Record.Id, out _);
    }

    internal static GantryException NotFound(string nameOrId) => GantryException.NotFound($"plugin \"{nameOrId}\" not found");

    private sealed class Reservation(PluginIndex index, string name) : IDisposable
    {
        public void Dispose()
        {
            lock (index._names)
            {
                index._reserved.Remove(name);
            }
        }
    }
}
