using System.Diagnostics;

namespace Gantry.Registry.Tests.Support;

/// <summary>A registry in a process of its own. It is killed with SIGKILL, in tests and when they end.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private readonly Process _process;

    private ServerProcess(Process process, string address) => (_process, Address) = (process, address);

    internal string Address { get; }

    /// <summary>Our server with the arguments of <c>registry serve</c>; without --listen it takes a free port.</summary>
    internal static async Task<ServerProcess> StartOursAsync(params string[] arguments)
    {
        var process = Start("dotnet", [typeof(ServerProcess).Assembly.Location, "--listen", "127.0.0.1:0", .. arguments]);
        var line = await process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException(await process.StandardError.ReadToEndAsync());
        return new ServerProcess(process, line.Split("//")[1].Split(',')[0]);
    }

    /// <summary>Debian's docker-registry.</summary>
    internal static async Task<ServerProcess> StartDebiansAsync(TemporaryDirectory directory)
    {
        var address = $"127.0.0.1:{FreePort()}";
        await File.WriteAllTextAsync(directory.At("config.yml"), $$"""
            version: 0.1
            log: {level: error}
            storage:
              filesystem:
                rootdirectory: {{directory.At("data")}}
              delete:
                enabled: true
            http:
              addr: {{address}}
            """);
        var process = Start("docker-registry", ["serve", directory.At("config.yml")]);
        using var http = new HttpClient();
        for (var i = 0; ; i++)
        {
            try
            {
                using var response = await http.GetAsync($"http://{address}/v2/");
                return new ServerProcess(process, address);
            }
            catch (HttpRequestException) when (i < 600 && !process.HasExited)
            {
                await Task.Delay(50);
            }
        }
    }

    internal async Task KillAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process.Dispose();
    }

    private static Process Start(string program, IEnumerable<string> arguments)
    {
        var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        return process;
    }

    private static int FreePort()
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        return ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
    }
}
