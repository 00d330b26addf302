using System.Diagnostics;
using System.Globalization;

namespace Gantry.Networks.Tests.Support;

/// <summary>An engine in a process of its own that starts and ends containers without pause, to be killed.</summary>
internal sealed class Churn : IDisposable
{
    public const string Verb = "churn";

    private readonly Process _process;
    private readonly HashSet<string> _up = [];

    private Churn(Process process) => _process = process;

    /// <summary>Containers that were up, and not about to end, as far as the process said.</summary>
    public IReadOnlyCollection<string> Up => _up;

    public static Churn Start(TestMachine machine)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(Churn).Assembly.Location, Verb, machine.HostPath, machine.RunDirectory, machine.StateDirectory, machine.ResolvConfPath])
        {
            RedirectStandardOutput = true,
        };
        return new Churn(Process.Start(start)!);
    }

    /// <summary>Lets it do some steps, kills it in the middle of whatever it does, and reads what it had said.</summary>
    public async Task KillAfterAsync(int steps)
    {
        for (var step = 0; await _process.StandardOutput.ReadLineAsync() is { } line; step++)
        {
            Note(line);
            if (step == steps)
            {
                _process.Kill();
            }
        }

        await _process.WaitForExitAsync();
    }

    public void Dispose()
    {
        _process.Kill();
        _process.Dispose();
    }

    /// <summary>The process itself.</summary>
    public static async Task RunAsync(string hostPath, string runDirectory, string stateDirectory, string resolvConf)
    {
        var options = new NetworkServiceOptions { RunDirectory = runDirectory, InstanceId = "test", HostNamespace = hostPath, ResolvConfPath = resolvConf };
        await using var service = new Service.NetworkService(options, new FileStateStore(stateDirectory));
        await service.RestoreAsync([], default);
        await Task.WhenAll(Enumerable.Range(0, 3).Select(worker => WorkAsync(service, worker)));
    }

    private static async Task WorkAsync(Service.NetworkService service, int worker)
    {
        var random = new Random(Environment.ProcessId + worker);
        var mine = new Queue<string>();
        for (var n = 0; ; n++)
        {
            var id = $"{Environment.ProcessId:x}{worker}{n:x}".PadRight(64, 'e');
            var network = await service.CreateAsync(new NetworkCreateOptions { Name = id[..12], EnableIPv6 = n % 2 == 0 }, default);
            await service.CreateSandboxAsync(new SandboxOptions { ContainerId = id, ContainerName = id[..8], Ports = [new PortRequest("tcp", 80, "", ""), new PortRequest("udp", 80, "", "")] }, default);
            await service.ConnectAsync(id, service.Find("bridge")!.Id, new EndpointOptions(), default);
            await service.ConnectAsync(id, network.Id, new EndpointOptions(), default);
            Say("up", id);
            mine.Enqueue(id);
            if (random.Next(2) == 0)
            {
                var old = mine.Dequeue();
                Say("down", old);
                await service.ReleaseSandboxAsync(old, default);
                await service.RemoveAsync(old[..12], default);
            }
        }
    }

    private static void Say(string what, string id)
    {
        lock (Console.Out)
        {
            Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what} {id}"));
            Console.Out.Flush();
        }
    }

    private void Note(string line)
    {
        var parts = line.Split(' ');
        _ = parts[0] == "up" ? _up.Add(parts[1]) : _up.Remove(parts[1]);
    }
}
