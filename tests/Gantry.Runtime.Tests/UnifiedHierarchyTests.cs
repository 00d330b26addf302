using Gantry.Linux;
using Gantry.Linux.Cgroups;
using Gantry.Runtime.Tests.Support;

namespace Gantry.Runtime.Tests;

/// <summary>Cgroup v2's own files on the host's unified hierarchy, which hybrid hosts have too (without the containers' controllers).</summary>
public sealed class UnifiedHierarchyTests : IDisposable
{
    private readonly Cgroup _cgroup;
    private readonly string _directory;
    private readonly int _pid;

    public UnifiedHierarchyTests()
    {
        var mount = CgroupLayout.Detect().Unified ?? throw new InvalidOperationException("this host has no cgroup2 mount");
        var layout = CgroupLayout.Parse([$"30 23 0:26 / {mount} rw - cgroup2 cgroup2 rw"]);
        _cgroup = new Cgroup(layout, $"/gantry-tests-v2-{Guid.NewGuid():N}");
        _directory = mount + _cgroup.Path;
        Directory.CreateDirectory(_directory + "/child");
        var nothing = RawFiles.Open("/dev/null", OpenFlags.ReadWrite);
        _pid = ProcessSpawn.Start(new SpawnOptions
        {
            Path = "/bin/sleep", Arguments = ["sleep", "1000"], Environment = [], Stdin = nothing, Stdout = nothing, Stderr = nothing,
        });
        RawFiles.Close(nothing);
        File.WriteAllText(_directory + "/child/cgroup.procs", $"{_pid}");
    }

    [Fact]
    public async Task It_freezes_lists_kills_and_removes()
    {
        Assert.Equal([_pid], _cgroup.Processes());
        Assert.False(_cgroup.IsFrozen());
        Assert.Equal(0, _cgroup.TryFreeze(true));
        await Eventually.TrueAsync(_cgroup.IsFrozen);
        Assert.Equal(0, _cgroup.TryFreeze(false));
        await Eventually.TrueAsync(() => !_cgroup.IsFrozen());
        Assert.Equal(Errno.EBUSY, _cgroup.TryRemove());
        _cgroup.SignalAll(Signals.SIGKILL);
        Assert.Equal(137, ChildProcesses.ExitCode(ChildProcesses.Wait(_pid)!.Value));
        Assert.Equal(0, _cgroup.TryRemove());
        Assert.False(Directory.Exists(_directory));
        Assert.Equal(0, _cgroup.TryRemove());
    }

    [Fact]
    public async Task Changes_of_event_files_are_told_by_inotify()
    {
        // How OOM kills are noticed on v2; cgroup.events stands in for memory.events.
        var inotify = Inotify.Create();
        try
        {
            Inotify.Watch(inotify, _directory + "/cgroup.events", InotifyEvents.Modify);
            _cgroup.SignalAll(Signals.SIGKILL);
            _ = ChildProcesses.Wait(_pid);
            await Eventually.TrueAsync(() => RawFiles.BytesAvailable(inotify) > 0);
        }
        finally
        {
            RawFiles.Close(inotify);
        }
    }

    public void Dispose()
    {
        _ = Signals.TrySend(_pid, Signals.SIGKILL);
        _ = ChildProcesses.Wait(_pid);
        while (_cgroup.TryRemove() == Errno.EBUSY)
        {
            Thread.Sleep(1);
        }
    }
}
