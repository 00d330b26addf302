using System.Diagnostics;
using System.Net.Sockets;

namespace Gantry.EndToEnd.Tests.Engine;

/// <summary>A registry on loopback: ours, or Debian's docker-registry as a second opinion.</summary>
internal sealed class RegistryProcess : IAsyncDisposable
{
    private readonly Func<Process> _start;
    private readonly string _folder;
    private readonly int _port;
    private Process _process;

    private RegistryProcess(Func<Process> start, string folder, int port)
    {
        _start = start;
        _process = start();
        _folder = folder;
        _port = port;
        Address = $"127.0.0.1:{port}";
    }

    internal string Address { get; }

    /// <summary>Where ours keeps everything.</summary>
    internal string Images => Path.Combine(_folder, "images");

    /// <param name="kind">"gantry" or "docker-registry".</param>
    /// <param name="users">Lines of an htpasswd file; null lets everyone in.</param>
    /// <param name="flags">More flags of ours.</param>
    internal static async Task<RegistryProcess> StartAsync(string kind, string? users = null, params string[] flags)
    {
        var folder = Directory.CreateTempSubdirectory("gantry-registry-").FullName;
        var port = FreePort();
        var registry = new RegistryProcess(() => kind == "gantry" ? Ours(folder, port, users, flags) : Debians(folder, port, users), folder, port);
        try
        {
            await registry.WaitAsync();
            return registry;
        }
        catch (TimeoutException)
        {
            await registry.DisposeAsync();
            throw;
        }
    }

    /// <summary>kill -9.</summary>
    internal async Task KillAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    /// <summary>Starts it again at the same address, after <see cref="KillAsync"/>.</summary>
    internal async Task RestartAsync()
    {
        _process = _start();
        await WaitAsync();
    }

    private async Task WaitAsync()
    {
        for (var attempt = 0; attempt < 1200; attempt++)
        {
            if (await AnswersAsync(_port))
            {
                return;
            }

            await Task.Delay(50);
        }

        throw new TimeoutException("the registry does not answer");
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static Process Ours(string folder, int port, string? users, string[] flags)
    {
        string[] access = users is null ? [] : ["--htpasswd", UsersFile(folder, users)];
        return Quiet(Command.Start(
            Repository.Binary("gantry"), ["registry", "serve", "--listen", $"127.0.0.1:{port}", "--root", Path.Combine(folder, "images"), .. access, .. flags]));
    }

    private static string UsersFile(string folder, string users)
    {
        var file = Path.Combine(folder, "users");
        File.WriteAllText(file, users);
        return file;
    }

    private static Process Debians(string folder, int port, string? users)
    {
        var config = Path.Combine(folder, "config.yml");
        var access = users is null ? "" : $"auth:\n  htpasswd:\n    realm: test\n    path: {UsersFile(folder, users)}\n";
        File.WriteAllText(config, access + $"version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: {folder}/store\n  delete:\n    enabled: true\nhttp:\n  addr: 127.0.0.1:{port}\n");
        return Quiet(Command.Start("docker-registry", ["serve", config]));
    }

    private static Process Quiet(Process process)
    {
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private async Task<bool> AnswersAsync(int port)
    {
        Assert.False(_process.HasExited, "the registry ended at start");
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync("127.0.0.1", port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        return ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
    }
}
