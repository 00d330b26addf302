using System.Globalization;

namespace Gantry.EndToEnd.Tests.Engine;

/// <summary>A cgroup for an engine and its monitors, in v1's hierarchy of a controller or in v2's. Disposing waits for its processes' end.</summary>
internal sealed class TestCgroup : IDisposable
{
    private const string Root = "/sys/fs/cgroup";
    private readonly bool _isV1;

    internal TestCgroup(string controller)
    {
        _isV1 = Directory.Exists($"{Root}/{controller}");
        if (!_isV1)
        {
            File.WriteAllText($"{Root}/cgroup.subtree_control", "+" + controller);
        }

        Path = $"{Root}{(_isV1 ? "/" + controller : string.Empty)}/gantry-test-{Guid.NewGuid():N}";
        Directory.CreateDirectory(Path);
    }

    internal string Path { get; }

    /// <summary>A shell's words that move the shell here.</summary>
    internal string Enter => $"echo $$ >{Path}/cgroup.procs";

    internal async Task SetAsync(string v1, string v2, string value) => await File.WriteAllTextAsync($"{Path}/{(_isV1 ? v1 : v2)}", value);

    internal Task MoveAsync(int process) => File.WriteAllTextAsync($"{Path}/cgroup.procs", process.ToString(CultureInfo.InvariantCulture));

    public void Dispose()
    {
        for (var attempt = 0; attempt < 100 && Directory.Exists(Path); attempt++)
        {
            try
            {
                Directory.Delete(Path);
            }
            catch (IOException)
            {
                Thread.Sleep(50);
            }
        }
    }
}
