using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gantry.Errors;
using Gantry.IO.Web;

namespace Gantry.Registry.Transport;

/// <summary>TLS towards one registry: extra authorities and client certificates from <c>certs.d</c>, and whether certificates matter at all.</summary>
internal static class TlsSettings
{
    internal static SslClientAuthenticationOptions For(string authority, RegistryOptions options, bool insecure, HostSettings host)
    {
        var settings = new SslClientAuthenticationOptions();
        var directory = Path.Combine(options.CertificatesDirectory, authority);
        var roots = new X509Certificate2Collection();
        if (Directory.Exists(directory))
        {
            foreach (var file in Directory.EnumerateFiles(directory, "*.crt"))
            {
                Load(file, () => roots.ImportFromPemFile(file));
            }

            settings.ClientCertificates = ClientCertificates(directory);
        }

        foreach (var file in host.Authorities)
        {
            Load(file, () => roots.ImportFromPemFile(file));
        }

        foreach (var (certificate, key) in host.Clients)
        {
            settings.ClientCertificates ??= [];
            Load(certificate, () => settings.ClientCertificates.Add(X509Certificate2.CreateFromPemFile(certificate, key)));
        }

        settings.RemoteCertificateValidationCallback = (_, certificate, chain, errors) => insecure || Verify(certificate, chain, errors, roots, authority);
        return settings;
    }

    private static X509CertificateCollection? ClientCertificates(string directory)
    {
        var certificates = new X509CertificateCollection();
        foreach (var file in Directory.EnumerateFiles(directory, "*.cert"))
        {
            var key = Path.ChangeExtension(file, ".key");
            if (!File.Exists(key))
            {
                throw GantryException.InvalidArgument($"missing key {Path.GetFileName(key)} for client certificate {Path.GetFileName(file)}. CA certificates must use the extension .crt");
            }

            Load(file, () => certificates.Add(X509Certificate2.CreateFromPemFile(file, key)));
        }

        return certificates.Count == 0 ? null : certificates;
    }

    private static void Load(string file, Action load)
    {
        try
        {
            load();
        }
        catch (Exception exception) when (exception is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw GantryException.InvalidArgument($"could not load {file}: {exception.Message}", exception);
        }
    }

    /// <summary>Throws instead of returning false: the message then reaches the user.</summary>
    private static bool Verify(X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors, X509Certificate2Collection roots, string authority)
    {
        if (errors == SslPolicyErrors.None)
        {
            return true;
        }

        if (certificate is not X509Certificate2 leaf || chain is null)
        {
            throw new TlsException("tls: the server has no certificate");
        }

        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
        {
            var host = HostRules.Split(authority).Host;
            throw new TlsException($"tls: failed to verify certificate: x509: certificate is valid for {Names(leaf)}, not {host}");
        }

        if (roots.Count > 0)
        {
            chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            chain.ChainPolicy.CustomTrustStore.AddRange(roots);
            if (chain.Build(leaf))
            {
                return true;
            }
        }

        var expired = chain.ChainStatus.Any(status => status.Status == X509ChainStatusFlags.NotTimeValid);
        throw new TlsException("tls: failed to verify certificate: x509: certificate "
            + (expired ? "has expired or is not yet valid" : "signed by unknown authority"));
    }

    private static string Names(X509Certificate2 leaf)
    {
        var names = leaf.Extensions.OfType<X509SubjectAlternativeNameExtension>()
            .SelectMany(extension => extension.EnumerateDnsNames().Concat(extension.EnumerateIPAddresses().Select(address => address.ToString())))
            .ToList();
        return names.Count > 0 ? string.Join(", ", names) : leaf.GetNameInfo(X509NameType.DnsName, forIssuer: false);
    }
}
