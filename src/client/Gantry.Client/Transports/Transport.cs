namespace Gantry.Client.Transports;

/// <summary>Picks the transport for a host.</summary>
public static class Transport
{
    public static ITransport For(EngineHost host, TlsOptions? tls = null) => host.Scheme switch
    {
        HostScheme.Ssh => new SshTransport(host),
        HostScheme.Tcp when tls is not null => new TlsTransport(host, tls),
        _ => new SocketTransport(host),
    };
}
