using System.Diagnostics;
using System.Net.Sockets;
using Gantry.Client.Transports;
using Gantry.Errors;
using Gantry.Linux;

namespace Gantry.Apps.Cli.Engine;

/// <summary>
/// Starts gantryd where nobody named an engine and none answers. A lock makes ten commands at once start one engine; the others wait for its
/// socket.
/// </summary>
internal sealed class EngineStarter : ITransport
{
    private const string RunFolder = "/run/gantry";
    private const string LogFile = "/var/log/gantry.log";
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_pollEvery = TimeSpan.FromMilliseconds(10);

    private readonly ITransport _inner;

    private EngineStarter(ITransport inner)
    {
        _inner = inner;
    }

    public EngineHost Host => _inner.Host;

    /// <summary>The target's transport; with a start of the engine before it where the target is the default.</summary>
    public static ITransport Wrap(EngineTarget target)
    {
        var transport = Transport.For(target.Host, target.Tls);
        return target.IsDefault && target.Host.Text == EngineHost.GantrySocket ? new EngineStarter(transport) : transport;
    }

    /// <summary>Whether something accepts connections there.</summary>
    public static bool Answers(EngineHost host)
    {
        if (!File.Exists(host.Address))
        {
            return false;
        }

        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(host.Address));
            return true;
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionRefused or SocketError.AddressNotAvailable or SocketError.AccessDenied)
        {
            return e.SocketErrorCode == SocketError.AccessDenied;
        }
    }

    public async Task<DuplexStream> ConnectAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _inner.ConnectAsync(cancellationToken);
        }
        catch (GantryException e) when (e.Kind == ErrorKind.Unavailable)
        {
            await StartAsync(cancellationToken);
            return await _inner.ConnectAsync(cancellationToken);
        }
    }

    private async Task StartAsync(CancellationToken cancellationToken)
    {
        if (!Environment.IsPrivilegedProcess)
        {
            throw GantryException.Unavailable(
                $"Cannot connect to the Gantry engine at {Host.Text} and it can't be started: only root may. Start gantryd as root, or name another engine with -H or DOCKER_HOST.");
        }

        var program = FindEngine();
        Directory.CreateDirectory(RunFolder);
        var waited = Stopwatch.StartNew();
        while (true)
        {
            using (var held = FileLock.TryAcquire(Path.Combine(RunFolder, "start.lock")))
            {
                if (Answers(Host))
                {
                    return;
                }

                if (held is not null)
                {
                    await StartAndWaitAsync(program, cancellationToken);
                    return;
                }
            }

            if (waited.Elapsed > s_patience)
            {
                throw GantryException.Unavailable($"The engine did not answer at {Host.Text} within {s_patience.TotalSeconds:0} seconds; its log is {LogPath()}.");
            }

            await Task.Delay(s_pollEvery, cancellationToken);
        }
    }

    private async Task StartAndWaitAsync(string program, CancellationToken cancellationToken)
    {
        int pid;
        try
        {
            pid = DetachedProcess.Start(program, [], LogPath());
        }
        catch (LinuxException e)
        {
            throw GantryException.Unavailable($"The engine can't be started: {e.Message}", e);
        }

        var waited = Stopwatch.StartNew();
        while (!Answers(Host))
        {
            if (DetachedProcess.TryReap(pid) is { } code)
            {
                throw GantryException.Unavailable($"The engine {program} ended with exit code {code} before it answered; its log is {LogPath()}.");
            }

            if (waited.Elapsed > s_patience)
            {
                throw GantryException.Unavailable($"The engine did not answer at {Host.Text} within {s_patience.TotalSeconds:0} seconds; its log is {LogPath()}.");
            }

            await Task.Delay(s_pollEvery, cancellationToken);
        }
    }

    /// <summary>gantryd beside this program, else in PATH.</summary>
    internal static string FindEngine()
    {
        var own = File.ResolveLinkTarget("/proc/self/exe", returnFinalTarget: true)?.FullName;
        var folders = new List<string?> { Path.GetDirectoryName(own) };
        folders.AddRange((Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries));
        foreach (var folder in folders)
        {
            if (folder is not null && Path.Combine(folder, "gantryd") is var candidate && File.Exists(candidate))
            {
                return candidate;
            }
        }

        throw GantryException.Unavailable(
            "No engine answers and gantryd was found neither beside this program nor in PATH. Install it, or name an engine with -H or DOCKER_HOST.");
    }

    private static string LogPath() => Directory.Exists(Path.GetDirectoryName(LogFile)) ? LogFile : Path.Combine(RunFolder, "gantryd.log");
}
