using System.Net.Sockets;
using System.Security.Authentication;
using Gantry.Registry.Errors;

namespace Gantry.Registry.Transport;

/// <summary>Words for connections that fail.</summary>
internal static class TransportErrors
{
    /// <summary>True for failures of the connection, as opposed to bugs.</summary>
    internal static bool IsTransport(Exception exception) => exception is HttpRequestException or IOException or SocketException or OperationCanceledException or ObjectDisposedException;

    /// <param name="prefix">What was being done, ending in <c>": "</c>, or empty.</param>
    internal static RegistryFailure Describe(string prefix, Exception exception)
    {
        for (var inner = exception; inner is not null; inner = inner.InnerException)
        {
            switch (inner)
            {
                case DialException dial:
                    return new RegistryFailure(prefix + dial.Message, exception) { IsDial = true, IsTransient = dial.IsTransient };
                case TlsException tls:
                    return new RegistryFailure(prefix + tls.Message, exception) { IsTls = true };
                case AuthenticationException tls:
                    return new RegistryFailure($"{prefix}tls: {tls.Message}", exception) { IsTls = true };
                case SocketException { SocketErrorCode: SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Shutdown }:
                    return new RegistryFailure(prefix + "read: connection reset by peer", exception) { IsTransient = true };
                case HttpIOException { HttpRequestError: HttpRequestError.ResponseEnded }:
                    return new RegistryFailure(prefix + "unexpected EOF", exception) { IsTransient = true };
                case HttpIOException { HttpRequestError: HttpRequestError.InvalidResponse or HttpRequestError.ConfigurationLimitExceeded } http:
                    return new RegistryFailure($"{prefix}net/http: malformed HTTP response: {http.Message}", exception) { IsTransient = true };
                case HttpRequestException { HttpRequestError: HttpRequestError.ProxyTunnelError } http:
                    return new RegistryFailure($"{prefix}proxyconnect: {http.Message}", exception) { IsDial = true };
            }
        }

        return new RegistryFailure(prefix + exception.Message, exception) { IsTransient = true };
    }

    internal static RegistryFailure Timeout(string prefix, Exception inner) =>
        new(prefix + "net/http: request canceled (Client.Timeout exceeded while awaiting headers)", inner) { IsTransient = true };

    internal static RegistryFailure Stalled(string prefix, Exception? inner = null) =>
        new(prefix + "net/http: request canceled (Client.Timeout exceeded while reading body)", inner) { IsTransient = true };
}
