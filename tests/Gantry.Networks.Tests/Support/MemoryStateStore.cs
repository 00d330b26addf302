using System.Collections.Concurrent;

namespace Gantry.Networks.Tests.Support;

/// <summary>Keeps records for the life of the process.</summary>
internal sealed class MemoryStateStore : INetworkStateStore
{
    private readonly ConcurrentDictionary<(NetworkStateKind, string), string> _records = new();

    public IReadOnlyList<NetworkStateRecord> Load(NetworkStateKind kind) =>
        [.. _records.Where(r => r.Key.Item1 == kind).Select(r => new NetworkStateRecord(r.Key.Item2, r.Value))];

    public void Save(NetworkStateKind kind, string id, string json, bool durable) => _records[(kind, id)] = json;

    public void Delete(NetworkStateKind kind, string id, bool durable) => _records.TryRemove((kind, id), out _);
}
