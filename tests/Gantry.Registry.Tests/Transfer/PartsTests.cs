using Gantry.Errors;
using Gantry.Images.Transfer;
using Gantry.Registry.Tests.Support;

namespace Gantry.Registry.Tests.Transfer;

/// <summary>Large layers, fetched in parts at once.</summary>
public sealed class PartsTests
{
    private const int PartSize = 512 * 1024;

    private static readonly TransferOptions s_parts = new() { PartsFrom = 1 << 20, PartSize = PartSize, PartsAtOnce = 3 };
    private readonly FakeImage _image = new(layers: 1, layerSize: 4_000_000);

    private byte[] Blob => _image.Blobs[0];

    [Fact]
    public async Task Parts_are_fetched_at_once_and_each_once()
    {
        using var together = new Barrier(2);
        var waited = 0;
        await using var server = new ImageServer(
            async (request, _, _) =>
            {
                // Two after the first wait for each other: one after the other they would never get on.
                if (IsBlob(request) && ImageServer.Start(request) > 0 && Interlocked.Increment(ref waited) <= 2)
                {
                    Assert.True(await Task.Run(() => together.SignalAndWait(TimeSpan.FromSeconds(60))));
                }

                return false;
            },
            _image);
        await using var store = new TestStore(transfers: s_parts);

        var (pulled, _) = await store.PullAsync(server.Reference);

        Assert.Equal(_image.Id, pulled.ImageId);
        Assert.Equal(Blob, store.Images.Content.ReadAll(_image.Layers[0].Digest));
        Assert.Equal(
            Enumerable.Range(0, (Blob.Length + PartSize - 1) / PartSize).Select(i => $"bytes={i * PartSize}-{Math.Min(Blob.Length, (i + 1) * PartSize) - 1}"),
            server.BlobRequests(Blob).OrderBy(ImageServer.Start).Select(request => request.Header("range")));
    }

    [Fact]
    public async Task A_registry_without_ranges_sends_everything_once_more_and_that_is_it()
    {
        await using var server = new ImageServer(
            async (request, reply, _) =>
            {
                if (IsBlob(request))
                {
                    await reply.SendAsync(200, Blob);
                }

                return IsBlob(request);
            },
            _image);
        await using var store = new TestStore(transfers: s_parts);

        Assert.Equal(_image.Id, (await store.PullAsync(server.Reference)).Result.ImageId);

        Assert.Equal(2, server.BlobRequests(Blob).Count());
    }

    [Fact]
    public async Task Cut_parts_go_on_where_they_broke()
    {
        var cuts = 3;
        await using var server = new ImageServer(
            async (request, reply, _) =>
            {
                if (!IsBlob(request) || ImageServer.Start(request) % PartSize > 0 || Interlocked.Decrement(ref cuts) < 0)
                {
                    return false;
                }

                await SendPartAsync(request, reply, 300_000);
                await Task.Delay(200);
                reply.Cut();
                return true;
            },
            _image);
        await using var store = new TestStore(transfers: s_parts);

        Assert.Equal(_image.Id, (await store.PullAsync(server.Reference)).Result.ImageId);

        Assert.Equal(3, server.BlobRequests(Blob).Count(request => ImageServer.Start(request) % PartSize > 0));
    }

    [Fact]
    public async Task The_next_process_fetches_only_what_is_missing()
    {
        var directory = Directory.CreateTempSubdirectory("gantry-transfer-").FullName;
        try
        {
            var broken = true;
            await using var server = new ImageServer(
                async (request, reply, _) =>
                {
                    if (!broken || !IsBlob(request))
                    {
                        return false;
                    }

                    // The second part gets as far as 100,000 bytes, then everything ends; the first comes to nothing.
                    var second = ImageServer.Start(request) == PartSize;
                    await SendPartAsync(request, reply, second ? 100_000 : 0);
                    await Task.Delay(second ? 300 : 1000);
                    reply.Cut();
                    return true;
                },
                _image);
            await using (var first = new TestStore(directory, Clients.Quick with { MaxAttempts = 1 }, s_parts))
            {
                await Assert.ThrowsAsync<GantryException>(() => first.PullAsync(server.Reference));
            }

            broken = false;
            var before = server.BlobRequests(Blob).Count();
            await using var store = new TestStore(directory, transfers: s_parts);

            Assert.Equal(_image.Id, (await store.PullAsync(server.Reference)).Result.ImageId);

            var after = server.BlobRequests(Blob).Skip(before).ToList();
            Assert.Contains(after, request => ImageServer.Start(request) == PartSize + 100_000);
            Assert.DoesNotContain(after, request => ImageServer.Start(request) == PartSize);
            Assert.Equal(Blob.Length - 100_000, after.Sum(request => ImageServer.End(request, Blob.Length) - ImageServer.Start(request)));
        }
        finally
        {
            IO.Trees.TreeRemover.Remove(directory);
        }
    }

    [Fact]
    public async Task Parts_of_an_earlier_attempt_do_not_spoil_one_in_one_go()
    {
        var directory = Directory.CreateTempSubdirectory("gantry-transfer-").FullName;
        try
        {
            var broken = true;
            await using var server = new ImageServer(
                async (request, reply, _) =>
                {
                    if (IsBlob(request) && broken)
                    {
                        await SendPartAsync(request, reply, ImageServer.Start(request) == 0 ? 0 : 50_000);
                        await Task.Delay(ImageServer.Start(request) == 0 ? 1000 : 300);
                        reply.Cut();
                    }
                    else if (IsBlob(request))
                    {
                        await reply.SendAsync(200, Blob);
                    }

                    return IsBlob(request);
                },
                _image);
            await using (var first = new TestStore(directory, Clients.Quick with { MaxAttempts = 1 }, s_parts))
            {
                await Assert.ThrowsAsync<GantryException>(() => first.PullAsync(server.Reference));
            }

            broken = false;
            await using var store = new TestStore(directory, transfers: s_parts);
            Assert.Equal(_image.Id, (await store.PullAsync(server.Reference)).Result.ImageId);
        }
        finally
        {
            IO.Trees.TreeRemover.Remove(directory);
        }
    }

    [Theory]
    [InlineData("wrong byte")]
    [InlineData("wrong size")]
    [InlineData("wrong place")]
    public async Task A_registry_that_lies_gets_nothing_in(string lie)
    {
        var lies = true;
        await using var server = new ImageServer(
            async (request, reply, _) =>
            {
                if (!lies || !IsBlob(request))
                {
                    return false;
                }

                var (start, end) = ((int)ImageServer.Start(request), (int)ImageServer.End(request, Blob.Length));
                var part = Blob[start..end];
                part[^1] ^= (byte)(lie == "wrong byte" && start == PartSize ? 1 : 0);
                var shift = lie == "wrong place" ? 7 : 0;
                await reply.SendAsync(206, part, $"Content-Range: bytes {start + shift}-{end - 1 + shift}/{Blob.Length + (lie == "wrong size" ? 1 : 0)}");
                return true;
            },
            _image);
        await using var store = new TestStore(transfers: s_parts);

        await Assert.ThrowsAsync<GantryException>(() => store.PullAsync(server.Reference));

        store.AssertNothingStored(_image);
        lies = false;
        Assert.Equal(_image.Id, (await store.PullAsync(server.Reference)).Result.ImageId);
    }

    private bool IsBlob(ScriptedRequest request) => request.Path.EndsWith(_image.Layers[0].Digest.ToString(), StringComparison.Ordinal);

    /// <summary>The head of the part's answer, and so many bytes of it.</summary>
    private async Task SendPartAsync(ScriptedRequest request, ScriptedReply reply, int bytes)
    {
        var (start, end) = ((int)ImageServer.Start(request), (int)ImageServer.End(request, Blob.Length));
        await reply.HeadAsync(206, end - start, $"Content-Range: bytes {start}-{end - 1}/{Blob.Length}");
        await reply.RawAsync(Blob[start..Math.Min(end, start + bytes)]);
    }
}
