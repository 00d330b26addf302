namespace Gantry.Networks.Service;

/// <summary>The endpoints through which a container's default routes lead, one for each address family; often the same one.</summary>
internal sealed record GatewayPair(EndpointInfo? V4, EndpointInfo? V6)
{
    public static GatewayPair None { get; } = new(null, null);

    public EndpointInfo? First => V4 ?? V6;

    public bool IsSame(GatewayPair other) => V4?.EndpointId == other.V4?.EndpointId && V6?.EndpointId == other.V6?.EndpointId;

    public GatewayPair Exchange(EndpointInfo old, EndpointInfo now) => new(
        V4?.EndpointId == old.EndpointId ? now : V4,
        V6?.EndpointId == old.EndpointId ? now : V6);
}
