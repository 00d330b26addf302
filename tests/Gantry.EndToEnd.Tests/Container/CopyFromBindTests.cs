using Gantry.EndToEnd.Tests.Engine;

namespace Gantry.EndToEnd.Tests.Container;

/// <summary>Looking at a container's files leaves the host's mounts alone.</summary>
public sealed class CopyFromBindTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_is_mounted_below_a_shared_bind_is_still_mounted_after_a_copy(bool running)
    {
        await using var daemon = new ScratchDaemon();
        var shared = Path.Combine(daemon.Folder, "shared");
        Directory.CreateDirectory(shared);
        (await daemon.RunAsync("mount", "-t", "tmpfs", "outer", shared)).Succeeded();
        try
        {
            (await daemon.RunAsync("mount", "--make-shared", shared)).Succeeded();
            var inner = Directory.CreateDirectory(Path.Combine(shared, "inner")).FullName;
            (await daemon.RunAsync("mount", "-t", "tmpfs", "inner", inner)).Succeeded();
            File.WriteAllText(Path.Combine(inner, "file"), "from below");
            var engine = await daemon.StartAsync("-H", daemon.Socket);
            Task<Result> Run(params string[] arguments) => daemon.GantryAsync(["-H", daemon.Socket, .. arguments]);
            (await Run("import", Repository.BusyboxTar, "bb")).Succeeded();
            (await Run("create", "--name", "copied", "-v", $"{shared}:/host", "--network", "none", "bb", "/bin/sleep", "1000")).Succeeded();
            if (running)
            {
                (await Run("start", "copied")).Succeeded();
            }

            var before = Mounts(engine.Id, shared);
            (await Run("cp", "copied:/etc/passwd", Path.Combine(daemon.Folder, "passwd"))).Succeeded();
            (await Run("cp", "copied:/host/inner/file", Path.Combine(daemon.Folder, "copy"))).Succeeded();

            Assert.Equal("from below", File.ReadAllText(Path.Combine(daemon.Folder, "copy")));
            Assert.Equal("from below", File.ReadAllText(Path.Combine(inner, "file")));
            Assert.Equal(2, before.Length);
            Assert.Equal(before, Mounts(engine.Id, shared));
            (await Run("rm", "-f", "copied")).Succeeded();
        }
        finally
        {
            await daemon.RunAsync("umount", "-R", shared);
        }
    }

    private static string[] Mounts(int process, string below) =>
        [.. File.ReadLines($"/proc/{process}/mountinfo").Select(line => line.Split(' ')[4]).Where(point => point.StartsWith(below, StringComparison.Ordinal))];
}
