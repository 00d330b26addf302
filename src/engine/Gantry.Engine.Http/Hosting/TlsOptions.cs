using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gantry.Errors;

namespace Gantry.Engine.Http.Hosting;

/// <summary>dockerd's <c>--tls*</c> flags. All are paths of PEM files.</summary>
/// <param name="VerifyClients"><c>--tlsverify</c>: only clients with a certificate signed by <paramref name="CaPath"/> are served.</param>
public sealed record TlsOptions(string CertificatePath, string KeyPath, string CaPath, bool VerifyClients)
{
    /// <summary>Finds out early whether the files can be used.</summary>
    /// <exception cref="GantryException">InvalidArgument: a file is missing or isn't what it should be.</exception>
    public void Check() => Load();

    /// <exception cref="GantryException">InvalidArgument: a file is missing or isn't what it should be.</exception>
    internal SslServerAuthenticationOptions Load()
    {
        var chain = new X509Certificate2Collection();
        var pair = LoadPair(chain);
        var roots = VerifyClients ? LoadRoots() : null;
        var trust = roots is null ? null : SslCertificateTrust.CreateForX509Collection(roots, sendTrustInHandshake: true);
        var options = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = SslStreamCertificateContext.Create(pair, chain, offline: true, trust),
            EnabledSslProtocols = System.Security.Authentication.SslProtocols.Tls12 | System.Security.Authentication.SslProtocols.Tls13,
            ApplicationProtocols = [SslApplicationProtocol.Http11],
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        };
        if (roots is not null)
        {
            options.ClientCertificateRequired = true;
            options.RemoteCertificateValidationCallback = (_, certificate, presented, errors) =>
                certificate is X509Certificate2 known && IsTrusted(known, presented, errors, roots);
        }

        return options;
    }

    private X509Certificate2 LoadPair(X509Certificate2Collection chain)
    {
        try
        {
            if (new[] { CertificatePath, KeyPath }.FirstOrDefault(p => !File.Exists(p)) is { } missing)
            {
                throw GantryException.InvalidArgument(
                    $"invalid TLS configuration: could not load X509 key pair (cert: \"{CertificatePath}\", key: \"{KeyPath}\"): open {missing}: no such file or directory");
            }

            chain.ImportFromPemFile(CertificatePath);
            return X509Certificate2.CreateFromPemFile(CertificatePath, KeyPath);
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw GantryException.InvalidArgument(
                $"invalid TLS configuration: error reading X509 key pair - make sure the key is not encrypted (cert: \"{CertificatePath}\", key: \"{KeyPath}\"): {e.Message}", e);
        }
    }

    private X509Certificate2Collection LoadRoots()
    {
        try
        {
            if (!File.Exists(CaPath))
            {
                throw GantryException.InvalidArgument($"invalid TLS configuration: could not read CA certificate \"{CaPath}\": open {CaPath}: no such file or directory");
            }

            var roots = new X509Certificate2Collection();
            roots.ImportFromPemFile(CaPath);
            return roots.Count > 0 ? roots : throw GantryException.InvalidArgument($"invalid TLS configuration: failed to append certificates from PEM file: \"{CaPath}\"");
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw GantryException.InvalidArgument($"invalid TLS configuration: could not read CA certificate \"{CaPath}\": {e.Message}", e);
        }
    }

    private static bool IsTrusted(X509Certificate2 certificate, X509Chain? presented, SslPolicyErrors errors, X509Certificate2Collection roots)
    {
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable))
        {
            return false;
        }

        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(roots);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid("1.3.6.1.5.5.7.3.2"));
        foreach (var element in presented?.ChainElements ?? Enumerable.Empty<X509ChainElement>())
        {
            chain.ChainPolicy.ExtraStore.Add(element.Certificate);
        }

        return chain.Build(certificate);
    }
}
