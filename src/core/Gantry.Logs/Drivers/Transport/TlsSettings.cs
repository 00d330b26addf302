using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gantry.Errors;

namespace Gantry.Logs.Drivers.Transport;

/// <summary>TLS to a log server: whom to trust and who we are.</summary>
internal static class TlsSettings
{
    /// <param name="authority">PEM file of the authorities to trust in place of the host's, or empty.</param>
    /// <param name="certificate">PEM file of the client's certificate, or empty.</param>
    /// <param name="key">PEM file of its key.</param>
    /// <exception cref="GantryException">InvalidArgument: a file can't be read.</exception>
    internal static SslClientAuthenticationOptions For(string host, string authority, string certificate, string key, bool skipVerification)
    {
        var options = new SslClientAuthenticationOptions { TargetHost = host };
        if (skipVerification)
        {
#pragma warning disable CA5359 // It is what the option says.
            options.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
        }

        try
        {
            if (authority.Length > 0)
            {
                options.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
                options.CertificateChainPolicy.CustomTrustStore.ImportFromPemFile(authority);
            }

            if (certificate.Length > 0)
            {
                options.ClientCertificates = [X509Certificate2.CreateFromPemFile(certificate, key.Length > 0 ? key : null)];
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw GantryException.InvalidArgument($"could not load the TLS files of the log driver: {e.Message}", e);
        }

        return options;
    }
}
