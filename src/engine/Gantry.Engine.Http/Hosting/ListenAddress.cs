using System.Globalization;
using System.Net;
using Gantry.Errors;

namespace Gantry.Engine.Http.Hosting;

/// <summary>How clients reach a listener.</summary>
public enum ListenKind
{
    Unix = 0,
    Tcp,

    /// <summary>Sockets handed over by the service manager (<c>LISTEN_FDS</c>).</summary>
    Activated,
}

/// <summary>One <c>-H</c> value of the daemon, parsed as dockerd parses it.</summary>
/// <param name="Path">Of a unix socket; empty otherwise. For <see cref="ListenKind.Activated"/> a descriptor number, or empty or <c>*</c> for all.</param>
/// <param name="Host">Name or address of a TCP listener; empty for all interfaces.</param>
public sealed record ListenAddress(ListenKind Kind, string Path, string Host, int Port)
{
    private const int PlainPort = 2375;
    private const int TlsPort = 2376;

    /// <param name="text">As given to <c>-H</c>; empty: the default, a socket, or with TLS the port for it on localhost.</param>
    /// <param name="defaultSocket">What <c>unix://</c> alone stands for.</param>
    /// <param name="tls">Decides the default port.</param>
    /// <exception cref="GantryException">InvalidArgument in dockerd's words.</exception>
    public static ListenAddress Parse(string text, string defaultSocket, bool tls)
    {
        var trimmed = text.Trim();
        var scheme = trimmed.IndexOf("://", StringComparison.Ordinal);
        var (proto, rest) = scheme < 0 ? ("tcp", trimmed) : (trimmed[..scheme], trimmed[(scheme + 3)..]);
        if (trimmed.Length == 0)
        {
            return tls ? ParseTcp(string.Empty, text, tls) : new ListenAddress(ListenKind.Unix, defaultSocket, string.Empty, 0);
        }

        return proto switch
        {
            "unix" => new ListenAddress(ListenKind.Unix, CheckPath(rest.Length == 0 ? defaultSocket : rest, text), string.Empty, 0),
            "fd" => new ListenAddress(ListenKind.Activated, rest, string.Empty, 0),
            "tcp" => ParseTcp(rest, text, tls),
            _ => throw Invalid(text),
        };
    }

    public override string ToString() => Kind switch
    {
        ListenKind.Unix => "unix://" + Path,
        ListenKind.Tcp => $"tcp://{(Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]" : Host)}:{Port}",
        _ => "fd://" + Path,
    };

    private static string CheckPath(string path, string text) =>
        path.Contains("://", StringComparison.Ordinal) || path.Contains('\0', StringComparison.Ordinal) ? throw Invalid(text) : System.IO.Path.GetFullPath(path);

    private static ListenAddress ParseTcp(string rest, string text, bool tls)
    {
        var defaultPort = tls ? TlsPort : PlainPort;
        if (rest.Length == 0)
        {
            return new ListenAddress(ListenKind.Tcp, string.Empty, "localhost", defaultPort);
        }

        if (rest.Contains('/', StringComparison.Ordinal))
        {
            throw Invalid(text);
        }

        if (IPAddress.TryParse(rest, out _) && !rest.StartsWith('['))
        {
            return new ListenAddress(ListenKind.Tcp, string.Empty, rest, defaultPort);
        }

        var colon = rest.LastIndexOf(':');
        var host = (colon < 0 ? rest : rest[..colon]).TrimStart('[').TrimEnd(']');
        var port = defaultPort;
        if (colon >= 0 && rest[(colon + 1)..].Length > 0
            && (!int.TryParse(rest[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out port) || port > 65535))
        {
            throw Invalid(text);
        }

        return new ListenAddress(ListenKind.Tcp, string.Empty, host, port);
    }

    private static GantryException Invalid(string text) => GantryException.InvalidArgument($"invalid bind address format: {text}");
}
