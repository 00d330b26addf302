using Gantry.Api;
using Gantry.Client.Api;

namespace Gantry.Client;

/// <summary>/networks and /volumes.</summary>
public sealed partial class EngineClient
{
    public Task<List<Network>> ListNetworksAsync(Filters? filters, CancellationToken cancellationToken) =>
        GetListAsync<Network>("/networks", FilterQuery(filters), Network.ReadFrom, cancellationToken);

    public Task<ReadOnlyMemory<byte>> InspectNetworkRawAsync(string network, bool verbose, string? scope, CancellationToken cancellationToken) =>
        GetBytesAsync(
            "GET",
            NetworkPath(network),
            new ApiRequest { Query = new Query().Add("verbose", verbose ? "true" : null).Add("scope", scope) },
            cancellationToken);

    public Task<NetworkCreateResponse> CreateNetworkAsync(NetworkCreateRequest request, CancellationToken cancellationToken) =>
        PostForAsync("/networks/create", JsonBody.Of(request.WriteTo), NetworkCreateResponse.ReadFrom, cancellationToken);

    public Task RemoveNetworkAsync(string network, CancellationToken cancellationToken) =>
        CallAsync("DELETE", NetworkPath(network), ApiRequest.Empty, cancellationToken);

    public Task ConnectNetworkAsync(string network, NetworkConnectRequest request, CancellationToken cancellationToken) =>
        CallAsync("POST", $"{NetworkPath(network)}/connect", JsonBody.Of(request.WriteTo), cancellationToken);

    public Task DisconnectNetworkAsync(string network, NetworkDisconnectRequest request, CancellationToken cancellationToken) =>
        CallAsync("POST", $"{NetworkPath(network)}/disconnect", JsonBody.Of(request.WriteTo), cancellationToken);

    public Task<NetworkPruneResponse> PruneNetworksAsync(Filters? filters, CancellationToken cancellationToken) =>
        PostForAsync("/networks/prune", new ApiRequest { Query = FilterQuery(filters) }, NetworkPruneResponse.ReadFrom, cancellationToken);

    public Task<VolumeListResponse> ListVolumesAsync(Filters? filters, CancellationToken cancellationToken) =>
        GetAsync("/volumes", FilterQuery(filters), VolumeListResponse.ReadFrom, cancellationToken);

    public Task<ReadOnlyMemory<byte>> InspectVolumeRawAsync(string volume, CancellationToken cancellationToken) =>
        GetBytesAsync("GET", VolumePath(volume), ApiRequest.Empty, cancellationToken);

    public Task<Volume> CreateVolumeAsync(VolumeCreateOptions request, CancellationToken cancellationToken) =>
        PostForAsync("/volumes/create", JsonBody.Of(request.WriteTo), Volume.ReadFrom, cancellationToken);

    public Task RemoveVolumeAsync(string volume, bool force, CancellationToken cancellationToken) =>
        CallAsync("DELETE", VolumePath(volume), new ApiRequest { Query = new Query().Add("force", force) }, cancellationToken);

    public Task<VolumePruneResponse> PruneVolumesAsync(Filters? filters, CancellationToken cancellationToken) =>
        PostForAsync("/volumes/prune", new ApiRequest { Query = FilterQuery(filters) }, VolumePruneResponse.ReadFrom, cancellationToken);

    private static string NetworkPath(string network) => $"/networks/{Escape(Named("network", network))}";

    private static string VolumePath(string volume) => $"/volumes/{Escape(Named("volume", volume))}";
}
