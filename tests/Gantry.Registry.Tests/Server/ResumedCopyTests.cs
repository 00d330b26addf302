using Gantry.Oci;
using Gantry.Registry.Tests.Support;
using Gantry.RegistryServer;

namespace Gantry.Registry.Tests.Server;

/// <summary>A copy whose fetch broke off for good goes on where it was, with the next client that asks, also after a restart.</summary>
public sealed class ResumedCopyTests : IAsyncDisposable
{
    private const int Half = 500_000;
    private readonly byte[] _blob = TestContent.Bytes(900_000);
    private readonly TemporaryDirectory _root = new();
    private readonly ScriptedServer _upstream;
    private byte[] _sent;
    private bool _isWhole;
    private bool _hasRanges = true;

    public ResumedCopyTests()
    {
        _sent = _blob;
        _upstream = new ScriptedServer(AnswerAsync);
    }

    private string Path => $"/v2/a/b/blobs/{Digest.Of(_blob)}";

    public async ValueTask DisposeAsync()
    {
        await _upstream.DisposeAsync();
        _root.Dispose();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Goes_on(bool restarted)
    {
        var cache = await StartAsync();
        await Assert.ThrowsAsync<HttpRequestException>(() => cache.Http.GetByteArrayAsync(Path));
        if (restarted)
        {
            await cache.DisposeAsync();
            cache = await StartAsync();
        }

        _isWhole = true;
        Assert.Equal(_blob, await cache.Http.GetByteArrayAsync(Path));
        Assert.Equal(_blob, await cache.Http.GetByteArrayAsync(Path));

        Assert.Equal($"bytes={Half - 1}-", _upstream.To("/blobs/").Last().Header("range"));
        Assert.Empty(Partials());
        await cache.DisposeAsync();
    }

    [Fact]
    public async Task Begins_anew_where_the_upstream_has_no_ranges()
    {
        await using var cache = await StartAsync();
        await Assert.ThrowsAsync<HttpRequestException>(() => cache.Http.GetByteArrayAsync(Path));

        (_isWhole, _hasRanges) = (true, false);
        Assert.Equal(_blob, await cache.Http.GetByteArrayAsync(Path));
    }

    [Fact]
    public async Task A_failed_attempt_in_between_loses_nothing()
    {
        await using var cache = await StartAsync();
        await Assert.ThrowsAsync<HttpRequestException>(() => cache.Http.GetByteArrayAsync(Path));
        _sent = [];
        await Assert.ThrowsAsync<HttpRequestException>(() => cache.Http.GetByteArrayAsync(Path));

        // Each attempt asks for the last byte once more.
        Assert.Equal(Half - 1, Assert.Single(Partials()).Length);
    }

    [Fact]
    public async Task What_is_here_longer_than_the_blob_is_forgotten()
    {
        await using var cache = await StartAsync();
        await Assert.ThrowsAsync<HttpRequestException>(() => cache.Http.GetByteArrayAsync(Path));
        await File.WriteAllBytesAsync(Assert.Single(Partials()).FullName, new byte[_blob.Length + 10]);

        _isWhole = true;
        Assert.Equal(_blob, await cache.Http.GetByteArrayAsync(Path));
    }

    [Fact]
    public async Task A_wrong_beginning_costs_one_fetch()
    {
        await using var cache = await StartAsync();
        _sent = TestContent.Bytes(_blob.Length, 2);
        await Assert.ThrowsAsync<HttpRequestException>(() => cache.Http.GetByteArrayAsync(Path));

        (_sent, _isWhole) = (_blob, true);
        await Assert.ThrowsAsync<HttpRequestException>(() => cache.Http.GetByteArrayAsync(Path));
        Assert.Equal(_blob, await cache.Http.GetByteArrayAsync(Path));
    }

    [Fact]
    public async Task Counts_in_the_quota_and_makes_room()
    {
        await using var cache = await StartAsync(options => options with { Quota = 1_000_000 });
        await Assert.ThrowsAsync<HttpRequestException>(() => cache.Http.GetByteArrayAsync(Path));
        Assert.Single(Partials());

        var own = TestContent.Bytes(600_000, 3);
        using var pushed = await cache.Http.PostAsync($"/v2/mine/x/blobs/uploads/?digest={Digest.Of(own)}", new ByteArrayContent(own));

        HttpAssert.Status(System.Net.HttpStatusCode.Created, pushed);
        Assert.Empty(Partials());
    }

    private async Task AnswerAsync(ScriptedRequest request, ScriptedReply reply)
    {
        if (!request.Path.Contains("/blobs/", StringComparison.Ordinal))
        {
            await reply.SendAsync(200);
            return;
        }

        var from = _hasRanges && request.Header("range") is { Length: > 0 } range ? int.Parse(range["bytes=".Length..].TrimEnd('-')) : 0;
        if (from >= _blob.Length)
        {
            await reply.SendAsync(416, "", $"Content-Range: bytes */{_blob.Length}");
            return;
        }

        await reply.HeadAsync(from > 0 ? 206 : 200, _blob.Length - from, from > 0 ? [$"Content-Range: bytes {from}-{_blob.Length - 1}/{_blob.Length}"] : []);
        var end = _isWhole ? _blob.Length : Half;
        if (from < Math.Min(end, _sent.Length))
        {
            await reply.RawAsync(_sent[from..end]);

            // A connection that is cut takes with it what was not read yet.
            for (var waits = 0; !_isWhole && Partials().Sum(file => file.Length) < end && waits < 6000; waits++)
            {
                await Task.Delay(5);
            }
        }

        if (!_isWhole)
        {
            reply.Cut();
        }
    }

    private Task<TestRegistry> StartAsync(Func<RegistryServerOptions, RegistryServerOptions>? configure = null) => TestRegistry.StartAsync(options =>
        (configure?.Invoke(options) ?? options) with
        {
            Root = _root.At("data"),
            Upstreams = [RegistryUpstream.Parse($"http://{_upstream.Address}")],
            UpstreamClient = Clients.Quick with { MaxAttempts = 2 },
        });

    private List<FileInfo> Partials()
    {
        var directory = new DirectoryInfo(System.IO.Path.Combine(_root.At("data"), "partial"));
        return directory.Exists ? [.. directory.EnumerateFiles("*", SearchOption.AllDirectories)] : [];
    }
}
