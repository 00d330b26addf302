using Gantry.Errors;
using Gantry.Linux;
using Gantry.Snapshots;

namespace Gantry.Storage.Tests.Layers;

/// <summary>A store whose containers run in user namespaces: files have the host's ids, tars the containers'.</summary>
public sealed class MappedOwnersTests : IAsyncDisposable
{
    private const uint Root = 200_000;
    private const uint Second = 400_000;

    private static readonly IdMap s_map = new([new(0, Root, 10), new(10, Second, 70_000)]);

    private readonly TestDirectory _directory = new();
    private readonly LayerStore _store;

    public MappedOwnersTests() => _store = LayerStore.Open(_directory["snapshots"], new LayerStoreOptions { Ids = new IdMaps(s_map, s_map) });

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task Files_belong_to_the_hosts_ids_and_the_tar_is_as_it_was()
    {
        var (diffId, tar) = new TarBuilder().Directory("./", user: 3).File("implied/f", "x", user: 15).Symlink("link", "f").File("etc/passwd", user: 0).Layer();

        var layer = await _store.ApplyLayerAsync(default, diffId, new MemoryStream(tar));

        var diff = _store.DiffDirectory(layer.ChainId);
        Assert.Equal(Root + 3, OwnerOf(diff));
        Assert.Equal(Root, OwnerOf($"{diff}/implied"));
        Assert.Equal(Second + 5, OwnerOf($"{diff}/implied/f"));
        Assert.Equal(Root, OwnerOf($"{diff}/link"));
        var written = new MemoryStream();
        await _store.WriteLayerTarAsync(layer.ChainId, written);
        Assert.Equal(tar, written.ToArray());
    }

    [Fact]
    public async Task Mount_points_and_an_empty_root_are_its_roots()
    {
        var container = _store.CreateContainerLayer("c", default);
        using var view = _store.OpenContainer("c");

        Assert.Equal(Root, FileAt.Stat(view.Descriptor, "etc/hosts").UserId);
        Assert.Equal(Root, FileAt.Stat(view.Descriptor, "dev/shm").GroupId);
        Assert.Equal(Root, OwnerOf(container.UpperDirectory));
        var diff = new MemoryStream();
        await _store.WriteDiffTarAsync("c", diff);
        Assert.Empty(Shell.Run("tar tf -", input: diff.ToArray()));
    }

    [Theory]
    [InlineData(CommitMode.Move)]
    [InlineData(CommitMode.Copy)]
    public async Task A_commit_has_the_containers_ids(CommitMode mode)
    {
        var upper = _store.CreateContainerLayer("c", default, new ContainerLayerOptions { MountPoints = false }).UpperDirectory;
        File.WriteAllText($"{upper}/mine", "x");
        File.WriteAllText($"{upper}/foreign", "x");
        Shell.Run($"chown {Second + 1}:{Root + 2} mine; chown 77 foreign", upper);

        var layer = await _store.CommitAsync("c", mode);

        var tar = new MemoryStream();
        await _store.WriteLayerTarAsync(layer.ChainId, tar);
        var listing = Shell.Run("tar --numeric-owner -tvf -", input: tar.ToArray());
        Assert.Matches(" 11/2 .* mine\n", listing);
        Assert.Matches(" 65534/65534 .* foreign\n", listing);
    }

    [Fact]
    public async Task File_capabilities_of_the_namespaces_root_lose_its_id()
    {
        // Version 3: the flags of version 2, and the id of the root whose capability it is.
        byte[] owned = [1, 0, 0, 3, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, .. BitConverter.GetBytes(Root)];
        var upper = _store.CreateContainerLayer("c", default, new ContainerLayerOptions { MountPoints = false }).UpperDirectory;
        File.WriteAllText($"{upper}/ping", "x");
        Assert.Equal(0, Xattrs.TrySet(FileAt.CurrentDirectory, $"{upper}/ping", "security.capability", owned));

        var copy = await _store.CommitAsync("c", CommitMode.Copy);

        var kept = Xattrs.Get(FileAt.CurrentDirectory, $"{_store.DiffDirectory(copy.ChainId)}/ping", "security.capability");
        Assert.Equal([1, 0, 0, 2, .. owned[4..20]], kept);
    }

    [Fact]
    public async Task An_id_that_the_namespace_lacks_is_refused()
    {
        var (diffId, tar) = new TarBuilder().File("f", user: 70_010).Layer();

        var failure = await Assert.ThrowsAsync<GantryException>(() => _store.ApplyLayerAsync(default, diffId, new MemoryStream(tar)));

        Assert.Contains("container ID 70010 cannot be mapped to a host ID", failure.Message, StringComparison.Ordinal);
    }

    private static uint OwnerOf(string path) => FileAt.Stat(FileAt.CurrentDirectory, path).UserId;
}
