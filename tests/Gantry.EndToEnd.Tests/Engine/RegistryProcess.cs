using System.Diagnostics;
using System.Net.Sockets;

namespace Gantry.EndToEnd.Tests.Engine;

/// <summary>A registry on loopback: ours, or Debian's docker-registry as a second opinion.</summary>
internal sealed class RegistryProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly string _folder;

    private RegistryProcess(Process process, string folder, int port)
    {
        _process = process;
        _folder = folder;
        Address = $"127.0.0.1:{port}";
    }

    internal string Address { get; }

    /// <param name="kind">"gantry" or "docker-registry".</param>
    /// <param name="users">Lines of an htpasswd file; null lets everyone in.</param>
    /// <param name="flags">More flags of ours.</param>
    internal static async Task<RegistryProcess> StartAsync(string kind, string? users = null, params string[] flags)
    {
        var folder = Directory.CreateTempSubdirectory("gantry-registry-").FullName;
        var port = FreePort();
        var registry = new RegistryProcess(kind == "gantry" ? Ours(folder, port, users, flags) : Debians(folder, port, users), folder, port);
        for (var attempt = 0; attempt < 200; attempt++)
        {
            if (await registry.AnswersAsync(port))
            {
                return registry;
            }

            await Task.Delay(50);
        }

        await registry.DisposeAsync();
        throw new TimeoutException($"the {kind} registry does not answer");
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
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
