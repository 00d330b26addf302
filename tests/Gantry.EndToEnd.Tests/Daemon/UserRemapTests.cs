using Gantry.EndToEnd.Tests.Engine;

namespace Gantry.EndToEnd.Tests.Daemon;

/// <summary>What <c>--userns-remap</c> makes of its value.</summary>
public sealed class UserRemapTests
{
    [Theory]
    [InlineData("a:b:c", "invalid user/group specification in --userns-remap: \"a:b:c\"")]
    [InlineData("no-such-user", "Error during uid lookup for \"no-such-user\": no matching entries in passwd file")]
    [InlineData("4000000", "Uid 4000000 has no entry in /etc/passwd: no matching entries in passwd file")]
    [InlineData("daemon:no-such-group", "Error during groupname lookup for \"no-such-group\": no matching entries in group file")]
    [InlineData("daemon", "Can't create ID mappings: no subuid ranges found for user \"daemon\"")]
    public async Task What_it_cannot_be_is_refused(string value, string error)
    {
        await using var daemon = new ScratchDaemon();
        await RemappedEngine.PrepareAsync(daemon.Folder);

        (await RemappedEngine.RunAsync(daemon, value)).Failed(error);
    }

    [Fact]
    public async Task A_user_may_be_given_by_number()
    {
        await using var daemon = new ScratchDaemon();
        await RemappedEngine.PrepareAsync(daemon.Folder);
        foreach (var file in (string[])["subuid", "subgid"])
        {
            File.AppendAllText($"{daemon.Folder}/etc/{file}", "1:300000:65536\n");
        }

        await RemappedEngine.StartAsync(daemon, "1:1");

        Assert.True(Directory.Exists($"{daemon.Folder}/d/300000.300000"));
    }

    [Fact]
    public async Task Root_is_not_mapped_to_itself()
    {
        await using var daemon = new ScratchDaemon();
        await RemappedEngine.PrepareAsync(daemon.Folder);

        await RemappedEngine.StartAsync(daemon, "root");

        Assert.Contains("root cannot be remapped with itself; user namespaces are OFF", daemon.Log, StringComparison.Ordinal);
        Assert.DoesNotContain("name=userns", (await daemon.GantryAsync("-H", daemon.Socket, "info")).Succeeded().Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Default_creates_dockers_user_once()
    {
        await using var daemon = new ScratchDaemon();
        await RemappedEngine.PrepareAsync(daemon.Folder);

        await RemappedEngine.StartAsync(daemon, "default");

        Assert.Single(File.ReadLines($"{daemon.Folder}/etc/passwd"), line => line.StartsWith("dockremap:", StringComparison.Ordinal));
        var range = Assert.Single(File.ReadLines($"{daemon.Folder}/etc/subuid"), line => line.StartsWith("dockremap:", StringComparison.Ordinal)).Split(':');
        Assert.True(Directory.Exists($"{daemon.Folder}/d/{range[1]}.{range[1]}"));
    }

    [Fact]
    public async Task A_folder_on_the_way_that_its_root_cannot_pass_is_told_of()
    {
        await using var daemon = new ScratchDaemon();
        await RemappedEngine.PrepareAsync(daemon.Folder);
        foreach (var file in (string[])["subuid", "subgid"])
        {
            File.AppendAllText($"{daemon.Folder}/etc/{file}", "daemon:300000:65536\n");
        }

        File.SetUnixFileMode(daemon.Folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

        (await RemappedEngine.RunAsync(daemon, "daemon")).Failed("restricts access to the remapped root uid/gid; please fix by allowing 'o+x' permissions on existing directories");
    }
}
