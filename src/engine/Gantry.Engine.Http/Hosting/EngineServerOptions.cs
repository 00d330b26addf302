namespace Gantry.Engine.Http.Hosting;

/// <summary>Where the Engine API is served.</summary>
public sealed record EngineServerOptions
{
    public required IReadOnlyList<ListenAddress> Listeners { get; init; }

    /// <summary>Group that may use unix sockets; null leaves them to root.</summary>
    public int? SocketGroupId { get; init; }

    /// <summary>For TCP listeners; null serves plain HTTP.</summary>
    public TlsOptions? Tls { get; init; }
}
