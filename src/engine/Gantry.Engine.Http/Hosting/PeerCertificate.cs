using System.Security.Cryptography.X509Certificates;

namespace Gantry.Engine.Http.Hosting;

/// <summary>Who a client of a TLS connection is, by the certificate it was verified with.</summary>
internal sealed record PeerCertificate(X509Certificate2 Certificate);
