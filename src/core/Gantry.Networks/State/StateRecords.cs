using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Gantry.Networks.State;

/// <summary>The typed side of <see cref="INetworkStateStore"/>.</summary>
internal sealed class StateRecords(INetworkStateStore store, Action<string> warn)
{
    public void Save(NetworkState state) =>
        store.Save(NetworkStateKind.Network, state.Record.Id, JsonSerializer.Serialize(state, StateJson.Default.NetworkState), durable: true);

    public void Save(SandboxState state) =>
        store.Save(NetworkStateKind.Sandbox, state.Options.ContainerId, JsonSerializer.Serialize(state, StateJson.Default.SandboxState), durable: false);

    public void Save(string setting, HostState state) =>
        store.Save(NetworkStateKind.Host, setting, JsonSerializer.Serialize(state, StateJson.Default.HostState), durable: true);

    public IEnumerable<NetworkState> Networks() => Load(NetworkStateKind.Network, StateJson.Default.NetworkState).Select(p => p.State);

    public IEnumerable<SandboxState> Sandboxes() => Load(NetworkStateKind.Sandbox, StateJson.Default.SandboxState).Select(p => p.State);

    public IEnumerable<(string Setting, HostState State)> HostSettings() => Load(NetworkStateKind.Host, StateJson.Default.HostState);

    public void DeleteNetwork(string id) => store.Delete(NetworkStateKind.Network, id, durable: true);

    public void DeleteSandbox(string containerId) => store.Delete(NetworkStateKind.Sandbox, containerId, durable: false);

    public void DeleteHostSetting(string setting) => store.Delete(NetworkStateKind.Host, setting, durable: true);

    /// <summary>A record that can't be read costs its own object, not the engine's start; it stays in the store for whoever looks.</summary>
    private List<(string Id, T State)> Load<T>(NetworkStateKind kind, JsonTypeInfo<T> type)
        where T : class
    {
        var result = new List<(string, T)>();
        foreach (var record in store.Load(kind))
        {
            try
            {
                result.Add((record.Id, JsonSerializer.Deserialize(record.Json, type) ?? throw new JsonException("null")));
            }
            catch (JsonException e)
            {
                warn($"{kind} record {record.Id} is damaged: {e.Message}");
            }
        }

        return result;
    }
}
