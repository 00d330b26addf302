using System.Text.Json.Nodes;
using Gantry.Linux;
using Gantry.Linux.Cgroups;
using Gantry.Runtime.Services;

namespace Gantry.Runtime.Tests.Support;

/// <summary>A directory with a busybox root file system, bundles and an exec root; cleans up whatever a test left behind.</summary>
internal sealed class TestRoot : IAsyncDisposable
{
    private static readonly string s_base = Environment.GetEnvironmentVariable("GANTRY_TEST_BASE") ?? "/tmp/gantry-runtime-tests";

    private static int s_count;

    private readonly bool _isOwner = true;

    public TestRoot()
    {
        Name = $"gt{Environment.ProcessId}-{Interlocked.Increment(ref s_count)}";
        Path = $"{s_base}/{Name}";
        Directory.CreateDirectory(Path);
        CgroupParent = $"/gantry-tests-{Name}";
        BusyboxRoot.Create(RootFs);
    }

    /// <summary>Another process's root; that one cleans up.</summary>
    public TestRoot(string name)
    {
        Name = name;
        Path = $"{s_base}/{Name}";
        CgroupParent = $"/gantry-tests-{Name}";
        _isOwner = false;
    }

    public string Name { get; }

    public string Path { get; }

    public string RootFs => $"{Path}/rootfs";

    public string ExecRootName { get; init; } = "exec";

    public string ExecRoot => $"{Path}/{ExecRootName}";

    public string CgroupParent { get; }

    public string Runtime { get; init; } = "crun";

    public TimeSpan AnswerLimit { get; init; } = TimeSpan.FromSeconds(20);

    public static string MonitorPath { get; } = Environment.GetEnvironmentVariable("GANTRY_MONITOR") ?? FindMonitor();

    public TaskServiceOptions Options => new()
    {
        ExecRoot = ExecRoot,
        MonitorPath = MonitorPath,
        Runtimes = new Dictionary<string, RuntimeConfig>
        {
            ["crun"] = new("crun", []),
            ["runc"] = new("runc", []),
        },
        DefaultRuntime = Runtime,
        AnswerLimit = AnswerLimit,
    };

    public TaskService CreateService() => new(Options, HideUnified);

    public async Task<TaskService> StartServiceAsync()
    {
        var service = CreateService();
        await service.RestoreAsync(CancellationToken.None);
        return service;
    }

    /// <summary>Makes a bundle whose process is the given command.</summary>
    public TaskSpec Bundle(string id, params string[] arguments) => Bundle(id, _ => { }, arguments);

    public TaskSpec Bundle(string id, Action<JsonObject> change, params string[] arguments)
    {
        var bundle = $"{Path}/bundles/{id}";
        Directory.CreateDirectory(bundle);
        var config = TestBundle.Config(RootFs, $"{CgroupParent}/{id}", arguments);
        change(config);
        File.WriteAllText($"{bundle}/config.json", config.ToJsonString());
        return new TaskSpec
        {
            Id = id,
            BundlePath = bundle,
            CgroupsPath = $"{CgroupParent}/{id}",
            Tty = config["process"]!["terminal"]?.GetValue<bool>() ?? false,
            Log = new LogConfig { Driver = "json-file", Path = LogPath(id) },
        };
    }

    public string LogPath(string id) => $"{Path}/{id}.log";

    public async ValueTask DisposeAsync()
    {
        if (!_isOwner)
        {
            return;
        }

        Leftovers.KillMonitor(ExecRoot);
        var layout = CgroupLayout.Detect();
        foreach (var directory in layout.DirectoriesOf(CgroupParent))
        {
            if (Directory.Exists(directory))
            {
                foreach (var child in Directory.GetDirectories(directory))
                {
                    await RemoveCgroupAsync(new Cgroup(layout, $"{CgroupParent}/{System.IO.Path.GetFileName(child)}"));
                }
            }
        }

        await RemoveCgroupAsync(new Cgroup(layout, CgroupParent));
        Directory.Delete(Path, recursive: true);
    }

    internal static void HideUnified()
    {
        Namespaces.Unshare(NamespaceKind.FileSystemAttributes | NamespaceKind.Mount);
        HybridCgroups.Hide();
    }

    private static async Task RemoveCgroupAsync(Cgroup cgroup)
    {
        for (var i = 0; i < 200 && cgroup.TryRemove() == Errno.EBUSY; i++)
        {
            _ = cgroup.TryFreeze(false);
            cgroup.SignalAll(Signals.SIGKILL);
            await Task.Delay(10);
        }
    }

    private static string FindMonitor()
    {
        // tests/Gantry.Runtime.Tests/bin/CONFIG/net10.0 -> src/apps/gantry-monitor/bin/CONFIG/net10.0/RID
        var output = new DirectoryInfo(AppContext.BaseDirectory);
        var configuration = output.Parent!.Name;
        var repository = output.Parent!.Parent!.Parent!.Parent!.Parent!.FullName;
        var build = $"{repository}/src/apps/gantry-monitor/bin/{configuration}/{output.Name}";
        return Directory.GetFiles(build, "gantry-monitor", SearchOption.AllDirectories).First(path => !path.Contains("/publish/", StringComparison.Ordinal));
    }
}
