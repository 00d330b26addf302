using System.Formats.Tar;
using System.Text;
using Gantry.Errors;
using Gantry.Oci;
using Gantry.Registry.Tests.Support;

namespace Gantry.Registry.Tests.Transfer;

/// <summary>Archives whose documents lack what they must have, or have null there: a clear error, and nothing is kept.</summary>
public sealed class HostileLoadTests : IAsyncLifetime
{
    private const string Config = """{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}""";
    private readonly TestStore _store = TestStore.Open();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _store.DisposeAsync();

    [Theory]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("[null]")]
    [InlineData("[{}]")]
    [InlineData("[")]
    [InlineData("""[{"Config":null,"RepoTags":null,"Layers":null}]""")]
    [InlineData("""[{"Config":"c.json","RepoTags":[1],"Layers":[]}]""")]
    [InlineData("""[{"Config":"c.json","RepoTags":[null],"Layers":[]}]""")]
    [InlineData("""[{"Config":"c.json","RepoTags":[""],"Layers":[]}]""")]
    [InlineData("""[{"Config":"c.json","RepoTags":[],"Layers":[null]}]""")]
    [InlineData("""[{"Config":"c.json","RepoTags":[],"Layers":["missing.tar"]}]""")]
    [InlineData("""[{"Config":"missing.json","RepoTags":[],"Layers":[]}]""")]
    public Task Manifest_json(string manifest) => RefusedAsync(("manifest.json", manifest), ("c.json", Config));

    [Theory]
    [InlineData("null")]
    [InlineData("{")]
    [InlineData("""{"os":"linux"}""")]
    [InlineData("""{"os":"linux","rootfs":null}""")]
    [InlineData("""{"os":"linux","rootfs":{"type":"layers","diff_ids":[null]}}""")]
    public Task Configuration(string config) =>
        RefusedAsync(("manifest.json", """[{"Config":"c.json","RepoTags":["hostile/x:1"],"Layers":[]}]"""), ("c.json", config));

    [Theory]
    [InlineData("null")]
    [InlineData("""{"manifests":null}""")]
    [InlineData("""{"manifests":[null]}""")]
    [InlineData("""{"manifests":[]}""")]
    [InlineData("""{"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","size":3}]}""")]
    public async Task Index(string index)
    {
        await RefusedAsync(("oci-layout", "{}"), ("index.json", index));
        await RefusedAsync(("oci-layout", "{}"), Blob(index), ("index.json", Naming(index, MediaTypes.OciIndex)));
    }

    [Theory]
    [InlineData("null")]
    [InlineData("""{"config":null,"layers":null}""")]
    [InlineData("""{"config":{"digest":""},"layers":[]}""")]
    [InlineData("""{"config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","size":1},"layers":[null]}""")]
    public async Task Manifest(string manifest)
    {
        await RefusedAsync(("oci-layout", "{}"), Blob(manifest), ("index.json", Naming(manifest, MediaTypes.OciManifest)));
        var index = Naming(manifest, MediaTypes.OciManifest);
        await RefusedAsync(("oci-layout", "{}"), Blob(manifest), Blob(index), ("index.json", Naming(index, MediaTypes.OciIndex)));
    }

    private async Task RefusedAsync(params (string Name, string Content)[] members)
    {
        var output = new MemoryStream();
        using (var writer = new TarWriter(output, leaveOpen: true))
        {
            foreach (var (name, content) in members)
            {
                writer.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(content)) });
            }
        }

        output.Position = 0;
        var failure = await Assert.ThrowsAsync<GantryException>(() => _store.Images.LoadAsync(output));

        Assert.Equal(ErrorKind.InvalidArgument, failure.Kind);
        Assert.StartsWith("invalid archive: ", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("System.", failure.Message, StringComparison.Ordinal);
        Assert.Empty(_store.Images.Content.Enumerate());
    }

    private static (string Name, string Content) Blob(string content) => ($"blobs/sha256/{Digest.Of(Encoding.UTF8.GetBytes(content)).Hex}", content);

    private static string Naming(string content, string mediaType)
    {
        var bytes = Encoding.UTF8.GetBytes(content);
        return $$"""{"schemaVersion":2,"manifests":[{"mediaType":"{{mediaType}}","digest":"{{Digest.Of(bytes)}}","size":{{bytes.Length}}}]}""";
    }
}
