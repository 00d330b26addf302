namespace Gantry.Networks;

/// <summary>Kinds of records that the network service keeps.</summary>
public enum NetworkStateKind
{
    /// <summary>One per network; durable.</summary>
    Network = 0,

    /// <summary>One per sandbox with its endpoints, addresses and ports. Means nothing after a reboot.</summary>
    Sandbox,

    /// <summary>What was changed on the host and has to be put back.</summary>
    Host,
}

/// <summary>One record: JSON that only the network service interprets.</summary>
public readonly record struct NetworkStateRecord(string Id, string Json);

/// <summary>
/// Where the network service keeps its records. Calls for one id don't overlap; calls for different ids may come from several threads.
/// </summary>
public interface INetworkStateStore
{
    IReadOnlyList<NetworkStateRecord> Load(NetworkStateKind kind);

    /// <summary>
    /// Inserts or replaces a record. It must survive a kill of the engine when this returns, and, only where <paramref name="durable"/>,
    /// a loss of power.
    /// </summary>
    void Save(NetworkStateKind kind, string id, string json, bool durable);

    /// <summary>Deletes a record; not an error when there is none.</summary>
    void Delete(NetworkStateKind kind, string id, bool durable);
}
