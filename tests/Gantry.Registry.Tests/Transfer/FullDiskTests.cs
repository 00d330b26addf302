using System.Diagnostics;
using System.Net;
using Gantry.Errors;
using Gantry.Oci;
using Gantry.Registry.Tests.Server;
using Gantry.Registry.Tests.Support;

namespace Gantry.Registry.Tests.Transfer;

/// <summary>A disk that fills up in the middle of a transfer: it fails and says why, and goes through once there is room, with nothing damaged.</summary>
public sealed class FullDiskTests : IAsyncLifetime
{
    private readonly FakeImage _image = new(layers: 3, layerSize: 3_000_000);
    private readonly string _disk = Directory.CreateTempSubdirectory("gantry-disk-").FullName;

    public Task InitializeAsync() => RunAsync("mount", "-t", "tmpfs", "-o", "size=8m", "none", _disk);

    public async Task DisposeAsync()
    {
        await RunAsync("umount", "--lazy", _disk);
        Directory.Delete(_disk);
    }

    [Fact]
    public async Task Pull()
    {
        await using var server = new ImageServer(null, _image);
        await using var store = new TestStore(_disk);

        var failure = await Assert.ThrowsAsync<GantryException>(() => store.PullAsync(server.Reference));

        Assert.Equal(ErrorKind.ResourceExhausted, failure.Kind);
        Assert.Contains("no space left on device", failure.Message, StringComparison.OrdinalIgnoreCase);
        store.AssertNothingStored(_image);
        await GrowAsync();
        Assert.Equal(_image.Id, (await store.PullAsync(server.Reference)).Result.ImageId);
        Assert.Empty((await store.CheckAsync()).Problems);
    }

    [Fact]
    public async Task Load()
    {
        using var archive = new MemoryStream();
        await using (var server = new ImageServer(null, _image))
        await using (var source = new TestStore())
        {
            await source.PullAsync(server.Reference);
            await source.Images.SaveAsync([_image.Id.ToString()], null, archive);
        }

        await using var store = new TestStore(_disk);
        archive.Position = 0;
        var failure = await Assert.ThrowsAsync<GantryException>(() => store.Images.LoadAsync(archive));

        Assert.Contains("no space left on device", failure.Message, StringComparison.OrdinalIgnoreCase);
        store.AssertNothingStored(_image);
        await GrowAsync();
        archive.Position = 0;
        Assert.Equal(_image.Id, Assert.Single(await store.Images.LoadAsync(archive)).Id);
        Assert.Empty((await store.CheckAsync()).Problems);
    }

    [Fact]
    public async Task Upload_to_the_registry()
    {
        await using var registry = await TestRegistry.StartAsync(options => options with { Root = Path.Combine(_disk, "data") });
        var blob = TestContent.Bytes(12_000_000);
        using var started = await registry.Http.PostAsync("/v2/a/b/blobs/uploads/", null);
        Assert.Equal(HttpStatusCode.InsufficientStorage, await RefusedAsync(registry.Http, started.Headers.Location!, blob));

        // What arrived is there: the rest of it is sent when there is room.
        await GrowAsync();
        using var state = await registry.Http.GetAsync(started.Headers.Location);
        var have = int.Parse(HttpAssert.Header(state, "Range").Split('-')[1]) + 1;
        Assert.InRange(have, 1, blob.Length - 1);
        using var done = await registry.Http.PutAsync($"{started.Headers.Location}?digest={Digest.Of(blob)}", new ByteArrayContent(blob[have..]));

        HttpAssert.Status(HttpStatusCode.Created, done);
        Assert.Equal(blob, await registry.Http.GetByteArrayAsync($"/v2/a/b/blobs/{Digest.Of(blob)}"));
    }

    /// <summary>This client gives the answer up when the connection ends before it has sent everything; then there is none to look at.</summary>
    private static async Task<HttpStatusCode> RefusedAsync(HttpClient http, Uri location, byte[] blob)
    {
        try
        {
            using var refused = await http.PatchAsync(location, new ByteArrayContent(blob));
            return refused.StatusCode;
        }
        catch (HttpRequestException e) when (e.InnerException is IOException)
        {
            return HttpStatusCode.InsufficientStorage;
        }
    }

    private Task GrowAsync() => RunAsync("mount", "-o", "remount,size=64m", _disk);

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
    }
}
