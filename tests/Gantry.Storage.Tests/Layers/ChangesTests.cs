using Gantry.Linux;
using Gantry.Oci;
using Gantry.Snapshots;
using static Gantry.Snapshots.FileChangeKind;

namespace Gantry.Storage.Tests.Layers;

public sealed class ChangesTests : IDisposable
{
    private readonly LayerStoreFixture _fixture = new();

    private static ContainerLayerOptions Plain { get; } = new() { MountPoints = false };

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task Changes_are_listed_as_docker_diff_does()
    {
        var root = await ContainerAsync();

        Shell.Run(
            """
            rm bin/wget; rm -rf var/spool; mkdir -p new/a/b; echo hi > new/a/f; echo x >> etc/passwd; chmod 700 home
            rm -rf usr/sbin; mkdir usr/sbin; touch usr/sbin/only; touch etc/motd; ln etc/motd etc/motd2; ln -s a etc/slink
            chmod 644 etc/group; rm -rf opt; echo file > opt; rm etc/hostname; mkdir etc/hostname
            """,
            root);

        FileChange[] expected =
        [
            new("/bin", Modified), new("/bin/wget", Deleted),
            new("/etc", Modified), new("/etc/hostname", Modified), new("/etc/motd", Added), new("/etc/motd2", Added), new("/etc/passwd", Modified), new("/etc/slink", Added),
            new("/home", Modified),
            new("/new", Added), new("/new/a", Added), new("/new/a/b", Added), new("/new/a/f", Added),
            new("/opt", Modified),
            new("/usr", Modified), new("/usr/sbin", Modified), new("/usr/sbin/chroot", Deleted), new("/usr/sbin/only", Added),
            new("/var", Modified), new("/var/spool", Deleted),
        ];
        Assert.Equal(expected, _fixture.Store.Changes("c"));
        var usage = _fixture.Store.Usage("c");
        Assert.Equal(3 + "root:x:0\nx\n".Length + "group".Length + 5 + 1, usage.Bytes);
    }

    [Fact]
    public async Task The_diff_is_a_layer_that_repeats_the_changes()
    {
        var root = await ContainerAsync();
        Shell.Run("rm bin/wget; rm -rf usr/sbin; mkdir usr/sbin; touch usr/sbin/only; echo more >> etc/passwd; ln etc/passwd etc/shadow; mknod dev c 1 3", root);
        Assert.Equal(0, Xattrs.TrySet(FileAt.CurrentDirectory, $"{root}/etc/passwd", "user.k", "v"u8));

        var before = Listing(root);
        var first = await DiffAsync();
        Assert.Equal(first, await DiffAsync());

        var layer = await _fixture.Store.ApplyLayerAsync(Parent, Digest.Of(first), new MemoryStream(first));
        var again = _fixture.Mount("again", layer.ChainId, Plain);
        Assert.Equal(before, Listing(again));
        Assert.Equal("v"u8.ToArray(), Xattrs.Get(FileAt.CurrentDirectory, $"{again}/etc/shadow", "user.k"));
        Assert.Contains("usr/sbin/.wh..wh..opq", Shell.Run("tar tf -", input: first), StringComparison.Ordinal);
        Assert.Contains("bin/.wh.wget", Shell.Run("tar tf -", input: first), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(CommitMode.Move)]
    [InlineData(CommitMode.Copy)]
    public async Task A_commit_makes_a_layer_with_the_same_files(CommitMode mode)
    {
        var root = await ContainerAsync();
        Shell.Run("rm -rf usr/sbin; mkdir usr/sbin; echo new > f; chmod 4711 f; rm bin/wget; head -c 100000 /dev/urandom > g", root);
        var (before, diff) = (Listing(root), await DiffAsync());
        if (mode == CommitMode.Move)
        {
            _fixture.Store.Unmount(root);
        }

        var protectedId = default(Digest);
        var layer = await _fixture.Store.CommitAsync("c", mode, id => protectedId = id);

        Assert.Equal(Digest.Of(diff), layer.DiffId);
        Assert.Equal(layer.ChainId, protectedId);
        Assert.Equal(100_004, layer.Size);
        Assert.Equal(mode == CommitMode.Move, _fixture.Store.FindContainerLayer("c") is null);
        Assert.Equal(before, Listing(_fixture.Mount("next", layer.ChainId, Plain)));
        var tar = new MemoryStream();
        await _fixture.Store.WriteLayerTarAsync(layer.ChainId, tar);
        Assert.Equal(diff, tar.ToArray());
    }

    [Fact]
    public async Task A_changed_root_is_committed_too()
    {
        var root = await ContainerAsync();
        Shell.Run("chmod 711 .; chown 12:13 .", root);

        var layer = await _fixture.Store.CommitAsync("c", CommitMode.Copy);

        var status = FileAt.Stat(FileAt.CurrentDirectory, _fixture.Mount("next", layer.ChainId, Plain));
        Assert.Equal((0x1C9, 12u, 13u), (status.Mode, status.UserId, status.GroupId));
    }

    private Digest Parent { get; set; }

    private async Task<string> ContainerAsync()
    {
        var layer = await _fixture.ApplyAsync(new TarBuilder()
            .Directory("bin").File("bin/wget", "w").File("bin/sh", "s")
            .Directory("etc").File("etc/passwd", "root:x:0\n").File("etc/group", "group").File("etc/hostname", "h")
            .Directory("home").Directory("opt").File("opt/f").Directory("usr").Directory("usr/sbin").File("usr/sbin/chroot").Directory("var").Directory("var/spool"));
        Parent = layer.ChainId;
        return _fixture.Mount("c", layer.ChainId, Plain);
    }

    private async Task<byte[]> DiffAsync()
    {
        var tar = new MemoryStream();
        await _fixture.Store.WriteDiffTarAsync("c", tar);
        return tar.ToArray();
    }

    /// <summary>Everything but what can't survive a tar (inode numbers, fractions of seconds).</summary>
    private static string Listing(string root) => Shell.Run("find . -mindepth 1 -printf '%p %y %m %U %G %s %n %l %Ts\\n' | sed 's/ d \\(.*\\) [0-9]* [0-9]* / d \\1 /' | sort", root);
}
