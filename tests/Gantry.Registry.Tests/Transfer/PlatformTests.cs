using Gantry.Errors;
using Gantry.Images;
using Gantry.Oci;
using Gantry.Registry.Tests.Support;

namespace Gantry.Registry.Tests.Transfer;

/// <summary>One name with an image for each of several platforms.</summary>
public sealed class PlatformTests : IAsyncLifetime
{
    private const string Name = "multi";
    private static readonly Platform s_other = Platform.Parse("linux/s390x");
    private readonly FakeImage _host = new(layers: 2, seed: 1);
    private readonly FakeImage _other = new(layers: 2, seed: 2, architecture: "s390x");
    private readonly FakeImage _third = new(layers: 1, seed: 3, architecture: "riscv64");
    private readonly TestStore _store = new();
    private ImageServer _server = null!;

    private ImageReference Reference => _server.Reference.WithTag(Name);

    private byte[] Index => TestContent.Index([_other.Descriptor, _host.Descriptor, _third.Descriptor]);

    public Task InitializeAsync()
    {
        _server = new ImageServer(null, _host, _other, _third);
        _server.Add(Index, MediaTypes.OciIndex, Name);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        await _store.DisposeAsync();
    }

    [Fact]
    public async Task A_second_platform_stands_beside_the_first()
    {
        await _store.PullAsync(Reference, s_other);
        Assert.Equal(_other.Id, _store.Images.Resolve(Reference.Familiar).Id);
        await _store.PullAsync(Reference);
        var (again, events) = await _store.PullAsync(Reference, s_other);

        Assert.Equal((_other.Id, false), (again.ImageId, again.Updated));
        Assert.Contains(events, e => e.Status.StartsWith("Status: Image is up to date", StringComparison.Ordinal));
        Assert.Equal(_host.Id, _store.Images.Resolve(Reference.Familiar).Id);
        Assert.Equal(_other.Id, _store.Images.Resolve(Reference.Familiar, s_other).Id);
        Assert.Equal(_other.Id, _store.Images.Resolve(_host.Id.ToString(), s_other).Id);
        Assert.Throws<GantryException>(() => _store.Images.Resolve(Reference.Familiar, Platform.Parse("linux/riscv64")));
        Assert.Equal("s390x", _store.Images.Inspect(Reference.Familiar, s_other).Architecture);
        Assert.Equal([Reference.Familiar], _store.Images.Inspect(Reference.Familiar, s_other).RepoTags);
        Assert.Equal(Digest.Of(_host.Config).ToString(), Assert.Single(_store.Images.List(new ImageListOptions { All = true })).Id);

        // Nobody takes the one beside for a leftover.
        await _store.Images.PruneAsync(new Dictionary<string, IReadOnlyList<string>>(), []);
        Assert.True(_store.Images.Layers.Exists(_other.Chain[0]));
        Assert.NotNull(_store.Images.Find(_other.Id));
    }

    [Fact]
    public async Task Manifests_say_what_is_here()
    {
        await _store.PullAsync(Reference);
        await _store.PullAsync(Reference, s_other);
        var users = new[] { new ImageUser(new string('c', 64), _other.Id, Reference.Familiar, Running: true) };

        var listed = Assert.Single(_store.Images.List(new ImageListOptions { Manifests = true, Users = users })).Manifests!;
        var inspected = _store.Images.Inspect(Reference.Familiar, users: users).Manifests!;

        Assert.Equal([("s390x", true), (Platform.Host.Architecture, true), ("riscv64", false)], listed.Select(m => (m.ImageData!.Platform!.Architecture!, m.Available!.Value)));
        Assert.Equal(listed.Select(m => m.ID), inspected.Select(m => m.ID));
        Assert.Equal(Digest.Of(_other.Manifest).ToString(), listed[0].Descriptor!.Digest);
        Assert.Equal([new string('c', 64)], listed[0].ImageData!.Containers!);
        Assert.Equal(_other.Manifest.Length + _other.Config.Length + _other.Blobs.Sum(blob => blob.Length), listed[0].Size!.Content);
        Assert.Equal(listed[0].Size!.Content + listed[0].ImageData!.Size!.Unpacked, listed[0].Size!.Total);
        Assert.Equal(0, listed[2].Size!.Total);
        Assert.Null(Assert.Single(_store.Images.List(new ImageListOptions())).Manifests);
    }

    [Fact]
    public async Task A_name_that_moves_leaves_its_platforms_behind()
    {
        await _store.PullAsync(Reference);
        await _store.PullAsync(Reference, s_other);
        var next = new FakeImage(layers: 1, seed: 7);
        _server.Add(next.Manifest, MediaTypes.OciManifest);
        _server.Add(next.Config, MediaTypes.OciConfig);
        _server.Add(next.Blobs[0], MediaTypes.OciLayerGzip);
        _server.Add(TestContent.Index([next.Descriptor]), MediaTypes.OciIndex, Name);

        await _store.PullAsync(Reference);

        Assert.Equal(next.Id, Assert.Single(_store.Images.Platforms(Reference.Familiar)).Id);
        Assert.Equal(2, _store.Images.Platforms(Reference.WithDigest(Digest.Of(Index)).ToString()).Count);
    }

    [Fact]
    public async Task A_new_name_has_the_platforms_too_and_the_last_one_takes_them_along()
    {
        await _store.PullAsync(Reference);
        await _store.PullAsync(Reference, s_other);
        var copy = ImageReference.Parse("copy:1");
        _store.Images.Tag(Reference.Familiar, copy);
        Assert.Equal(_other.Id, _store.Images.Resolve("copy:1", s_other).Id);

        await _store.Images.RemoveAsync(Reference.Familiar, new RemoveImageOptions());
        Assert.Equal(_other.Id, _store.Images.Resolve("copy:1", s_other).Id);
        var removed = await _store.Images.RemoveAsync("copy:1", new RemoveImageOptions());

        Assert.Equal([_host.Id.ToString(), _other.Id.ToString()], removed.Where(r => r.Deleted is not null && (r.Deleted == _host.Id.ToString() || r.Deleted == _other.Id.ToString())).Select(r => r.Deleted!));
        Assert.Equal(0, _store.Images.Count());
        Assert.False(_store.Images.Layers.Exists(_other.Chain[0]));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task One_platform_can_go_alone(bool host)
    {
        await _store.PullAsync(Reference);
        await _store.PullAsync(Reference, s_other);
        var (gone, stays) = host ? (_host, _other) : (_other, _host);
        var platform = host ? Platform.Host : s_other;

        var inUse = new ImageUser(new string('c', 64), gone.Id, Reference.Familiar, Running: true);
        await Assert.ThrowsAsync<GantryException>(() => _store.Images.RemoveAsync(Reference.Familiar, new RemoveImageOptions { Platform = platform, Users = [inUse] }));
        await _store.Images.RemoveAsync(Reference.Familiar, new RemoveImageOptions { Platform = platform });

        Assert.Null(_store.Images.Find(gone.Id));
        Assert.Equal(stays.Id, Assert.Single(_store.Images.Platforms(Reference.Familiar)).Id);
    }

    [Fact]
    public async Task Save_and_load_keep_the_platforms()
    {
        await _store.PullAsync(Reference);
        await _store.PullAsync(Reference, s_other);
        using var all = new MemoryStream();
        using var one = new MemoryStream();
        await _store.Images.SaveAsync([Reference.Familiar], null, all);
        await _store.Images.SaveAsync([Reference.Familiar], s_other, one);
        (all.Position, one.Position) = (0, 0);

        await using var whole = new TestStore();
        var loaded = await whole.Images.LoadAsync(all);
        Assert.Equal((_host.Id, Reference), (Assert.Single(loaded).Id, loaded[0].Reference!));
        Assert.Equal([_host.Id, _other.Id], whole.Images.Platforms(Reference.Familiar).Select(image => image.Id));
        Assert.Equal(2, Assert.Single(whole.Images.List(new ImageListOptions { Manifests = true })).Manifests!.Count(m => m.Available == true));

        await using var part = new TestStore();
        await part.Images.LoadAsync(one);
        Assert.Equal(_other.Id, Assert.Single(part.Images.Platforms(Reference.Familiar)).Id);

        all.Position = 0;
        await using var chosen = new TestStore();
        await chosen.Images.LoadAsync(all, s_other);
        Assert.Equal(_other.Id, Assert.Single(chosen.Images.Platforms(Reference.Familiar)).Id);
        Assert.Throws<GantryException>(() => _store.Images.CheckSave([Reference.Familiar], Platform.Parse("linux/riscv64")));
    }

    [Fact]
    public async Task Push_sends_the_index_as_it_came_when_all_of_it_is_here()
    {
        await using var registry = await TestRegistry.StartAsync();
        var target = registry.Reference("a/b:1");
        await _store.PullAsync(Reference);
        await _store.PullAsync(Reference, s_other);
        _store.Images.Tag(Reference.Familiar, target);

        var missing = await Assert.ThrowsAsync<GantryException>(() => _store.PushAsync(target));
        Assert.Equal(ErrorKind.NotFound, missing.Kind);
        Assert.StartsWith($"missing content: content digest {Digest.Of(_third.Manifest)}: not found\nNote: You're trying to push a manifest list/index", missing.Message, StringComparison.Ordinal);

        var (single, _) = await _store.PushAsync(target, s_other);
        Assert.Equal(Digest.Of(_other.Manifest), Assert.Single(single).Digest);

        await _store.PullAsync(Reference, Platform.Parse("linux/riscv64"));
        _store.Images.Tag(Reference.Familiar, target);
        var (pushed, _) = await _store.PushAsync(target);
        Assert.Equal(Digest.Of(Index), Assert.Single(pushed).Digest);
        Assert.Equal(Index, await registry.Http.GetByteArrayAsync("/v2/a/b/manifests/1"));

        await using var other = new TestStore();
        Assert.Equal(_third.Id, (await other.PullAsync(target, Platform.Parse("linux/riscv64"))).Result.ImageId);
        Assert.Equal(3, _store.Images.Platforms(target.WithDigest(Digest.Of(Index)).ToString()).Count);
    }

    [Fact]
    public async Task An_index_that_names_itself_ends()
    {
        // No index can have its own digest in it; one that a damaged store shows under another's name can.
        await _store.PullAsync(Reference);
        var self = Digest.Of(Index);
        await File.WriteAllBytesAsync(
            _store.Images.Content.PathOf(self), TestContent.Index([new Descriptor { MediaType = MediaTypes.OciIndex, Digest = self, Size = 1 }, _host.Descriptor]));

        Assert.Equal(Digest.Of(_host.Manifest).ToString(), Assert.Single(Assert.Single(_store.Images.List(new ImageListOptions { Manifests = true })).Manifests!).ID);
    }
}
