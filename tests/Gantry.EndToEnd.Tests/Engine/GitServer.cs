using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Gantry.EndToEnd.Tests.Engine;

/// <summary>A git daemon on loopback with the repositories below a folder of its own.</summary>
internal sealed class GitServer : IDisposable
{
    private readonly Process _process;

    private GitServer(string folder, int port)
    {
        Folder = folder;
        Address = $"git://127.0.0.1:{port}";
        _process = Command.Start("git", ["daemon", $"--base-path={folder}", "--export-all", "--listen=127.0.0.1", $"--port={port}", "--reuseaddr"]);
    }

    internal string Folder { get; }

    internal string Address { get; }

    internal static async Task<GitServer> StartAsync()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        var port = ((IPEndPoint)probe.LocalEndpoint).Port;
        probe.Stop();
        var server = new GitServer(Directory.CreateTempSubdirectory("gantry-git-").FullName, port);
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(IPAddress.Loopback, port);
                return server;
            }
            catch (SocketException) when (attempt < 200)
            {
                await Task.Delay(50);
            }
        }
    }

    /// <summary>Makes a repository of these files on the branch <c>master</c>; a content that begins with <c>-&gt;</c> is a link. Returns its address.</summary>
    internal async Task<string> AddAsync(string name, params (string Path, string Content)[] files)
    {
        var folder = Path.Combine(Folder, name);
        Directory.CreateDirectory(folder);
        await GitAsync(name, "init", "-q", "-b", "master");
        foreach (var (path, content) in files)
        {
            var file = Path.Combine(folder, path);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            if (content.StartsWith("->", StringComparison.Ordinal))
            {
                File.CreateSymbolicLink(file, content[2..]);
            }
            else
            {
                File.WriteAllText(file, content);
            }
        }

        await CommitAsync(name);
        return $"{Address}/{name}";
    }

    internal async Task CommitAsync(string name)
    {
        await GitAsync(name, "add", "-A");
        await GitAsync(name, "-c", "user.name=n", "-c", "user.email=e@example.com", "commit", "-q", "-m", "m");
    }

    internal async Task<string> GitAsync(string name, params string[] arguments) =>
        (await Command.RunAsync("git", ["-C", Path.Combine(Folder, name), "-c", "protocol.file.allow=always", .. arguments])).Succeeded().Text;

    public void Dispose()
    {
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
        Directory.Delete(Folder, recursive: true);
    }
}
