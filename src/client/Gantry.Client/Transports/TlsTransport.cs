using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Gantry.Errors;

namespace Gantry.Client.Transports;

/// <summary>Docker's --tls* settings; a file that is null is not used.</summary>
/// <param name="Verify">Whether the server must show a certificate of <paramref name="CaFile"/> (or of the system) for its name.</param>
public sealed record TlsOptions(bool Verify, string? CaFile, string? CertificateFile, string? KeyFile);

/// <summary>TLS over TCP with a client certificate.</summary>
public sealed class TlsTransport(EngineHost host, TlsOptions options) : ITransport
{
    private readonly SocketTransport _inner = new(host);

    public EngineHost Host { get; } = host;

    public async Task<DuplexStream> ConnectAsync(CancellationToken cancellationToken)
    {
        var socket = await _inner.ConnectAsync(cancellationToken).ConfigureAwait(false);
        var stream = new SslStream(socket, leaveInnerStreamOpen: false);
        try
        {
            await stream.AuthenticateAsClientAsync(Authentication(), cancellationToken).ConfigureAwait(false);
            return new TlsStream(stream, socket);
        }
        catch (Exception e) when (e is AuthenticationException or IOException)
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            throw GantryException.Unavailable($"error during connect: {Host.Text}: tls: {e.Message}", e);
        }
        catch
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private SslClientAuthenticationOptions Authentication()
    {
        var result = new SslClientAuthenticationOptions
        {
            TargetHost = Host.Address[..Host.Address.LastIndexOf(':')].Trim('[', ']'),
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        };
        if (options.CertificateFile is { } certificate && options.KeyFile is { } key)
        {
            result.ClientCertificateContext = SslStreamCertificateContext.Create(Load(certificate, key), null, offline: true);
        }

        if (!options.Verify)
        {
#pragma warning disable CA5359 // --tls without --tlsverify means exactly this in Docker.
            result.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
        }
        else if (options.CaFile is { } ca)
        {
            result.CertificateChainPolicy = TrustOnly(ca);
        }

        return result;
    }

    private static X509ChainPolicy TrustOnly(string caFile)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        try
        {
            policy.CustomTrustStore.ImportFromPemFile(caFile);
        }
        catch (Exception e) when (e is IOException or System.Security.Cryptography.CryptographicException)
        {
            throw GantryException.InvalidArgument($"could not read CA certificate \"{caFile}\": {e.Message}", e);
        }

        return policy;
    }

    private static X509Certificate2 Load(string certificate, string key)
    {
        try
        {
            return X509Certificate2.CreateFromPemFile(certificate, key);
        }
        catch (Exception e) when (e is IOException or System.Security.Cryptography.CryptographicException)
        {
            throw GantryException.InvalidArgument($"could not load X509 key pair (cert: \"{certificate}\", key: \"{key}\"): {e.Message}", e);
        }
    }

    private sealed class TlsStream(SslStream stream, DuplexStream socket) : DuplexStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            stream.ReadAsync(buffer, cancellationToken);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            stream.WriteAsync(buffer, cancellationToken);

        public override async ValueTask CloseWriteAsync(CancellationToken cancellationToken) => await stream.ShutdownAsync().ConfigureAwait(false);

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                stream.Dispose();
                socket.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
