using System.Globalization;
using Gantry.Errors;

namespace Gantry.Client.Transports;

public enum HostScheme
{
    Unix,
    Tcp,
    Ssh,
}

/// <summary>Where an engine listens, as -H, DOCKER_HOST and contexts name it.</summary>
/// <param name="Text">As given (with the scheme added where it was left out); errors show it.</param>
/// <param name="Address">Socket path, or host:port, or [user@]host[:port] for ssh.</param>
/// <param name="BasePath">What comes before every request path ("/engine" of tcp://host:2375/engine); for ssh the remote socket's path.</param>
public sealed record EngineHost(string Text, HostScheme Scheme, string Address, string BasePath = "")
{
    /// <summary>Docker's own default socket.</summary>
    public const string DockerSocket = "unix:///var/run/docker.sock";

    /// <summary>Gantry's default socket.</summary>
    public const string GantrySocket = "unix:///run/gantry/gantry.sock";

    /// <summary>The address as the "Host:" header gives it.</summary>
    public string HeaderValue => Scheme == HostScheme.Tcp ? Address : "api.moby.localhost";

    /// <summary>What stands before the path of every HTTP request.</summary>
    public string BasePathForHttp => Scheme == HostScheme.Tcp ? BasePath : "";

    /// <summary>Reads a host. A bare "host:port" is tcp; tcp has port 2375, or 2376 with TLS, where none is given.</summary>
    /// <exception cref="GantryException">InvalidArgument in Docker's words.</exception>
    public static EngineHost Parse(string text, bool tls = false)
    {
        var trimmed = text.Trim();
        if (trimmed.Length == 0)
        {
            return Parse(tls ? "tcp://localhost:2376" : DockerSocket, tls);
        }

        var mark = trimmed.IndexOf("://", StringComparison.Ordinal);
        var scheme = mark < 0 ? "tcp" : trimmed[..mark];
        var rest = mark < 0 ? trimmed : trimmed[(mark + 3)..];
        return scheme switch
        {
            "unix" => Unix(rest),
            "tcp" or "http" or "https" => Tcp(rest, trimmed, tls || scheme == "https"),
            "ssh" => Ssh(rest, trimmed),
            "npipe" => throw Invalid("protocol not available"),
            "fd" => throw Invalid("invalid bind address (" + trimmed + "): fd is only for listening"),
            _ => throw Invalid($"invalid bind address format: {trimmed}"),
        };
    }

    private static EngineHost Unix(string path)
    {
        if (path.Contains("://", StringComparison.Ordinal))
        {
            throw Invalid($"invalid proto, expected unix: {path}");
        }

        path = path.Length == 0 ? "/var/run/docker.sock" : path;
        return new EngineHost("unix://" + path, HostScheme.Unix, path);
    }

    private static EngineHost Tcp(string rest, string original, bool tls)
    {
        var slash = rest.IndexOf('/');
        var address = slash < 0 ? rest : rest[..slash];
        var path = slash < 0 ? "" : rest[slash..].TrimEnd('/');
        var (host, port) = SplitPort(address, original);
        host = host.Length == 0 ? "localhost" : host;
        port ??= tls ? 2376 : 2375;
        var bracketed = host.Contains(':', StringComparison.Ordinal) && host[0] != '[' ? $"[{host}]" : host;
        return new EngineHost($"tcp://{bracketed}:{port}{path}", HostScheme.Tcp, $"{bracketed}:{port}", path);
    }

    private static EngineHost Ssh(string rest, string original)
    {
        var slash = rest.IndexOf('/');
        var address = slash < 0 ? rest : rest[..slash];
        var path = slash < 0 ? "" : rest[slash..];
        var host = address[(address.IndexOf('@') + 1)..];
        if (host.Length == 0 || host[0] == '-' || address[0] == '-')
        {
            throw Invalid($"unable to parse docker host `{original}`: no host specified");
        }

        if (address.IndexOf('@') is var at and >= 0 && address[..at].Contains(':', StringComparison.Ordinal))
        {
            throw Invalid("plain-text password is not supported");
        }

        return new EngineHost(original, HostScheme.Ssh, address, path == "/" ? "" : path);
    }

    private static (string Host, int? Port) SplitPort(string address, string original)
    {
        var bracket = address.LastIndexOf(']');
        var colon = address.LastIndexOf(':');
        if (colon <= bracket)
        {
            return (address, null);
        }

        return int.TryParse(address.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and <= 65535
            ? (address[..colon], port)
            : throw Invalid($"invalid bind address format: {original}");
    }

    private static GantryException Invalid(string message) => GantryException.InvalidArgument(message);
}
