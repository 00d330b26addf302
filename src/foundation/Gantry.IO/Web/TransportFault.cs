using System.Net.Sockets;
using System.Security.Authentication;

namespace Gantry.IO.Web;

/// <summary>Why an HTTP exchange failed below HTTP, in Go's words, which Docker's users know.</summary>
/// <param name="IsDial">No connection could be made at all.</param>
/// <param name="IsTls">The peer does not speak TLS, or its certificate is not accepted.</param>
/// <param name="IsTransient">The same request may work a moment later.</param>
public readonly record struct TransportFault(string Message, bool IsDial, bool IsTls, bool IsTransient)
{
    /// <summary>True for failures of the connection, as opposed to bugs.</summary>
    public static bool IsTransport(Exception exception) =>
        exception is HttpRequestException or IOException or SocketException or OperationCanceledException or ObjectDisposedException;

    /// <summary>The first cause there are words for, looking inwards; else the exception's own message.</summary>
    public static TransportFault Of(Exception exception)
    {
        for (var inner = exception; inner is not null; inner = inner.InnerException)
        {
            switch (inner)
            {
                case DialException dial:
                    return new TransportFault(dial.Message, IsDial: true, IsTls: false, dial.IsTransient);
                case TlsException tls:
                    return new TransportFault(tls.Message, IsDial: false, IsTls: true, IsTransient: false);
                case AuthenticationException tls:
                    return new TransportFault($"tls: {tls.Message}", IsDial: false, IsTls: true, IsTransient: false);
                case SocketException { SocketErrorCode: SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Shutdown }:
                    return Transient("read: connection reset by peer");
                case HttpIOException { HttpRequestError: HttpRequestError.ResponseEnded }:
                    return Transient("unexpected EOF");
                case HttpIOException { HttpRequestError: HttpRequestError.InvalidResponse or HttpRequestError.ConfigurationLimitExceeded } http:
                    return Transient($"net/http: malformed HTTP response: {http.Message}");
                case HttpRequestException { HttpRequestError: HttpRequestError.ProxyTunnelError } http:
                    return new TransportFault($"proxyconnect: {http.Message}", IsDial: true, IsTls: false, IsTransient: false);
            }
        }

        return Transient(exception.Message);
    }

    private static TransportFault Transient(string message) => new(message, IsDial: false, IsTls: false, IsTransient: true);
}
