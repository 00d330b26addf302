using System.Text;
using Gantry.Images;
using Gantry.Oci;
using Gantry.Registry.Tests.Support;

namespace Gantry.Registry.Tests.Transfer;

/// <summary>What is attested of an image in its index comes with it, goes with it, and is forgotten with it.</summary>
public sealed class AttestationTests : IAsyncLifetime
{
    private const string Name = "attested";
    private readonly FakeImage _image = new(layers: 2, seed: 1);
    private readonly FakeImage _other = new(layers: 1, seed: 2, architecture: "s390x");
    private readonly byte[] _config = Encoding.UTF8.GetBytes("{\"architecture\":\"unknown\",\"os\":\"unknown\",\"config\":{},\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[]}}");
    private readonly byte[] _provenance = Encoding.UTF8.GetBytes("{\"_type\":\"https://in-toto.io/Statement/v0.1\",\"predicateType\":\"https://slsa.dev/provenance/v0.2\"}");
    private readonly byte[] _sbom = TestContent.Bytes(300_000, 9);
    private readonly TestStore _store = new();
    private byte[] _attestation = [];
    private byte[] _index = [];
    private Func<ScriptedRequest, ScriptedReply, Task<bool>> _spoil = (_, _) => Task.FromResult(false);
    private ImageServer _server = null!;

    private ImageReference Reference => _server.Reference.WithTag(Name);

    private IEnumerable<Digest> Attested => new[] { _attestation, _config, _provenance, _sbom }.Select(content => Digest.Of(content));

    public Task InitializeAsync()
    {
        _server = new ImageServer((request, reply, _) => _spoil(request, reply), _image, _other);
        _attestation = TestContent.Manifest(
            TestContent.Describe(_config, MediaTypes.OciConfig),
            [TestContent.Describe(_provenance, "application/vnd.in-toto+json"), TestContent.Describe(_sbom, "application/vnd.in-toto+json")]);
        Serve(_image);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        await _store.DisposeAsync();
    }

    [Fact]
    public async Task Pull_keeps_what_is_attested_of_the_image()
    {
        await _store.PullAsync(Reference);

        Assert.All(Attested, digest => Assert.True(_store.Images.Content.TryStat(digest, out _)));
        var manifests = _store.Images.Inspect(Reference.Familiar, users: []).Manifests!;
        Assert.Equal(["image", "attestation"], manifests.Select(manifest => manifest.Kind!));
        Assert.True(manifests[1].Available);
        Assert.Equal(Digest.Of(_image.Manifest).ToString(), manifests[1].AttestationData!.For);
        Assert.Equal(_attestation.Length + _config.Length + _provenance.Length + _sbom.Length, manifests[1].Size!.Content);
        Assert.Equal("unknown", manifests[1].Descriptor!.Platform!.Architecture);
        Assert.Equal(_image.Id, Assert.Single(_store.Images.Platforms(Reference.Familiar)).Id);
        Assert.Empty((await _store.CheckAsync()).Problems);

        await _store.PullAsync(Reference);
        Assert.Single(_server.BlobRequests(_sbom));
    }

    [Fact]
    public async Task Of_other_platforms_only_what_is_said_of_the_pulled_one_is_fetched()
    {
        Serve(_other, _image);

        await _store.PullAsync(Reference);
        Assert.Empty(_server.BlobRequests(_sbom));
        Assert.False(_store.Images.Inspect(Reference.Familiar, users: []).Manifests![2].Available);

        await _store.PullAsync(Reference, Platform.Parse("linux/s390x"));
        Assert.Single(_server.BlobRequests(_sbom));
        Assert.True(_store.Images.Inspect(Reference.Familiar, users: []).Manifests![2].Available);
    }

    [Fact]
    public async Task Push_sends_the_index_with_its_attestations()
    {
        await using var registry = await TestRegistry.StartAsync();
        var target = registry.Reference("a/b:1");
        await _store.PullAsync(Reference);
        _store.Images.Tag(Reference.Familiar, target);

        var (pushed, _) = await _store.PushAsync(target);

        Assert.Equal(Digest.Of(_index), Assert.Single(pushed).Digest);
        Assert.Equal(_index, await registry.Http.GetByteArrayAsync("/v2/a/b/manifests/1"));
        await using var other = new TestStore();
        await other.PullAsync(target);
        Assert.All(Attested, digest => Assert.True(other.Images.Content.TryStat(digest, out _)));

        // One platform's manifest alone, as --platform promises.
        var (single, _) = await _store.PushAsync(target, Platform.Host);
        Assert.Equal(Digest.Of(_image.Manifest), Assert.Single(single).Digest);
    }

    [Fact]
    public async Task Platforms_go_out_together_with_their_attestations()
    {
        await using var registry = await TestRegistry.StartAsync();
        var target = registry.Reference("a/b:1");
        Serve(_other, _image);
        await _store.PullAsync(Reference);
        await _store.PullAsync(Reference, Platform.Parse("linux/s390x"));
        _store.Images.Tag(Reference.Familiar, target);

        var (pushed, _) = await _store.PushAsync(target);

        Assert.Equal(Digest.Of(_index), Assert.Single(pushed).Digest);
        Assert.Equal(_sbom, await registry.Http.GetByteArrayAsync($"/v2/a/b/blobs/{Digest.Of(_sbom)}"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Save_and_load_keep_attestations(bool byName)
    {
        await _store.PullAsync(Reference);
        using var archive = new MemoryStream();
        await _store.Images.SaveAsync([byName ? Reference.Familiar : _image.Id.ToString()], null, archive);
        archive.Position = 0;

        await using var other = new TestStore();
        Assert.Equal(_image.Id, Assert.Single(await other.Images.LoadAsync(archive)).Id);

        // What has no name keeps its content; an index is a name's.
        Assert.All(Attested, digest => Assert.True(other.Images.Content.TryStat(digest, out _)));
        Assert.Equal(byName ? [true, true] : null, byName ? other.Images.Inspect(Reference.Familiar, users: []).Manifests!.Select(manifest => manifest.Available!.Value) : null);
        Assert.Empty((await other.CheckAsync()).Problems);
        if (byName)
        {
            await using var registry = await TestRegistry.StartAsync();
            other.Images.Tag(Reference.Familiar, registry.Reference("a/b:1"));
            Assert.Equal(Digest.Of(_index), Assert.Single((await other.PushAsync(registry.Reference("a/b:1"))).Pushed).Digest);
        }
    }

    [Fact]
    public async Task Save_for_one_platform_leaves_them_out()
    {
        await _store.PullAsync(Reference);
        using var archive = new MemoryStream();
        await _store.Images.SaveAsync([Reference.Familiar], Platform.Host, archive);
        archive.Position = 0;

        await using var other = new TestStore();
        await other.Images.LoadAsync(archive);

        Assert.All(Attested, digest => Assert.False(other.Images.Content.TryStat(digest, out _)));
    }

    [Fact]
    public async Task They_go_with_the_image()
    {
        await _store.PullAsync(Reference);
        await _store.Images.RemoveAsync(Reference.Familiar, new RemoveImageOptions());

        Assert.Equal(0, _store.Images.Count());
        Assert.Empty(_store.Images.Content.Enumerate());
    }

    [Fact]
    public async Task A_lost_one_is_fetched_again_by_a_repair()
    {
        await _store.PullAsync(Reference);
        _store.Images.Content.Delete(Digest.Of(_sbom));

        Assert.Equal("it is missing", Assert.Single((await _store.CheckAsync()).Problems).Problem);
        Assert.NotNull(Assert.Single((await _store.CheckAsync(repair: true)).Problems).Mended);
        Assert.Empty((await _store.CheckAsync()).Problems);
    }

    [Fact]
    public async Task An_image_comes_without_one_that_the_registry_lost()
    {
        _spoil = async (request, reply) =>
        {
            var isLost = request.Path.EndsWith(Digest.Of(_attestation).ToString(), StringComparison.Ordinal);
            await (isLost ? reply.SendAsync(404, "{\"errors\":[{\"code\":\"MANIFEST_UNKNOWN\",\"message\":\"manifest unknown\"}]}", "Content-Type: application/json") : Task.CompletedTask);
            return isLost;
        };

        var (result, events) = await _store.PullAsync(Reference);

        Assert.Equal(_image.Id, result.ImageId);
        Assert.Contains(events, e => e.Status.StartsWith($"Attestation {Digest.Of(_attestation)} was not pulled: ", StringComparison.Ordinal));
        Assert.False(_store.Images.Inspect(Reference.Familiar, users: []).Manifests![1].Available);
        await using var registry = await TestRegistry.StartAsync();
        _store.Images.Tag(Reference.Familiar, registry.Reference("a/b:1"));
        Assert.Equal(Digest.Of(_image.Manifest), Assert.Single((await _store.PushAsync(registry.Reference("a/b:1"))).Pushed).Digest);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("{\"schemaVersion\":2}")]
    [InlineData("{\"schemaVersion\":2,\"config\":{\"digest\":\"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a\",\"size\":2},\"layers\":[null]}")]
    [InlineData("{\"schemaVersion\":2,\"config\":{\"digest\":\"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a\",\"size\":9223372036854775807},\"layers\":[]}")]
    public async Task A_malformed_one_is_left_in_the_registry(string manifest)
    {
        _attestation = Encoding.UTF8.GetBytes(manifest);
        Serve(_image);

        var (result, events) = await _store.PullAsync(Reference);

        Assert.Equal(_image.Id, result.ImageId);
        Assert.Contains(events, e => e.Status.StartsWith($"Attestation {Digest.Of(_attestation)} was not pulled: ", StringComparison.Ordinal));
        Assert.False(_store.Images.Content.TryStat(Digest.Of(_attestation), out _));
    }

    [Fact]
    public async Task One_with_other_content_than_its_digest_says_is_not_kept()
    {
        _spoil = async (request, reply) =>
        {
            var isSpoilt = request.Path.EndsWith(Digest.Of(_sbom).ToString(), StringComparison.Ordinal);
            await (isSpoilt ? reply.SendAsync(200, TestContent.Bytes(_sbom.Length, 10)) : Task.CompletedTask);
            return isSpoilt;
        };

        Assert.Equal(_image.Id, (await _store.PullAsync(Reference)).Result.ImageId);
        Assert.False(_store.Images.Content.TryStat(Digest.Of(_sbom), out _));
        Assert.Empty((await _store.CheckAsync()).Problems);
    }

    /// <summary>An index of images, the first of which is attested to.</summary>
    private void Serve(params FakeImage[] images)
    {
        foreach (var (content, mediaType) in new[] { (_attestation, MediaTypes.OciManifest), (_config, MediaTypes.OciConfig), (_provenance, "application/vnd.in-toto+json"), (_sbom, "application/vnd.in-toto+json") })
        {
            _server.Add(content, mediaType);
        }

        var attestation = TestContent.Describe(_attestation, MediaTypes.OciManifest) with
        {
            Platform = new Platform { Os = "unknown", Architecture = "unknown" },
            Annotations = new Dictionary<string, string>
            {
                ["vnd.docker.reference.type"] = "attestation-manifest",
                ["vnd.docker.reference.digest"] = Digest.Of(images[0].Manifest).ToString(),
            },
        };
        _index = TestContent.Index([.. images.Select(image => image.Descriptor), attestation]);
        _server.Add(_index, MediaTypes.OciIndex, Name);
    }
}
