using Gantry.EndToEnd.Tests.Engine;

namespace Gantry.EndToEnd.Tests.Faults;

/// <summary>A container fills the file system of the data root: its bytes, or its files.</summary>
public sealed class FullDiskTests
{
    private const string Bytes = "dd if=/dev/zero of=/filler bs=64k; dd if=/dev/zero of=/rest bs=1k; true";
    private const string Files = "i=0; while echo >/f$i; do i=$((i+1)); done; true";
    private const string NoSpace = "no space left on device";

    [Theory]
    [InlineData("size=24m", Bytes, false)]
    [InlineData("size=100m,nr_inodes=600", Files, true)]
    public async Task The_others_go_on_what_cannot_be_done_says_why_and_room_mends_all(string options, string fill, bool files)
    {
        await using var daemon = new ScratchDaemon();
        var root = Directory.CreateDirectory($"{daemon.Folder}/d").FullName;
        (await Command.RunAsync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", root])).Succeeded();
        try
        {
            await FillAndMendAsync(daemon, fill, files);
        }
        finally
        {
            (await Command.RunAsync("umount", ["-l", root])).Succeeded();
        }
    }

    private static async Task FillAndMendAsync(ScratchDaemon daemon, string fill, bool files)
    {
        Task<Result> GantryAsync(params string[] arguments) => daemon.GantryAsync(["-H", daemon.Socket, .. arguments]);
        async Task<string> StateAsync(string name) => (await GantryAsync("inspect", "-f", "{{.State.Status}} {{.State.ExitCode}}", name)).Succeeded().Text;

        var large = Path.Combine(daemon.Folder, "large.tar");
        await File.WriteAllBytesAsync(large[..^4], new byte[8 << 20]);
        (await Command.RunAsync("tar", ["-C", daemon.Folder, "-cf", large, "large"])).Succeeded();

        var process = await daemon.StartAsync("-H", daemon.Socket);
        (await GantryAsync("import", Repository.BusyboxTar, "busybox:latest")).Succeeded();
        (await GantryAsync("run", "-d", "--name", "live", "--network", "none", "busybox", "sleep", "1000")).Succeeded();
        (await GantryAsync("run", "-d", "--name", "ends", "--network", "none", "busybox", "sh", "-c", "while [ ! -e /tmp/go ]; do sleep 0.1; done; exit 7")).Succeeded();
        (await GantryAsync("exec", "ends", "sh", "-c", "mkdir -p /tmp; : >/tmp/other")).Succeeded();
        (await GantryAsync("run", "--name", "filler", "--network", "none", "busybox", "sh", "-c", fill)).Succeeded();

        (await GantryAsync("import", large, "large:latest")).Failed(NoSpace);
        if (files)
        {
            (await GantryAsync("run", "--rm", "--network", "none", "busybox", "true")).Failed(NoSpace);
            (await GantryAsync("create", "--name", "refused", "busybox", "true")).Failed(NoSpace);
            (await GantryAsync("volume", "create", "refused")).Failed(NoSpace);
            (await GantryAsync("inspect", "refused")).Failed("o such object: refused");
            Assert.Equal(3, Directory.GetDirectories($"{daemon.Folder}/d/snapshots/containers").Length);
        }

        // What runs can be used, what ends is known, also to an engine that starts on the full disk.
        (await GantryAsync("exec", "live", "true")).Succeeded();
        (await GantryAsync("exec", "ends", "mv", "/tmp/other", "/tmp/go")).Succeeded();
        Assert.Equal("7", (await GantryAsync("wait", "ends")).Succeeded().Text);
        process.Kill();
        await process.WaitForExitAsync();
        await daemon.StartAsync("-H", daemon.Socket);
        Assert.Equal(("running 0", "exited 7", "exited 0"), (await StateAsync("live"), await StateAsync("ends"), await StateAsync("filler")));

        (await GantryAsync("rm", "filler")).Succeeded();
        await daemon.UntilAsync(() => GantryAsync("run", "--rm", "--network", "none", "busybox", "true").Result.ExitCode == 0);
        (await GantryAsync("import", large, "large:latest")).Succeeded();
        (await GantryAsync("volume", "create", "some")).Succeeded();
        (await GantryAsync("system", "check")).Succeeded();
        (await GantryAsync("rm", "-f", "live", "ends")).Succeeded();
        Assert.Empty(Directory.GetDirectories($"{daemon.Folder}/d/snapshots/containers"));
    }
}
