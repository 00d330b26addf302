using Gantry.Errors;
using Gantry.Oci;
using Gantry.Registry.Tests.Support;

namespace Gantry.Registry.Tests.Client;

/// <summary>Registries that break the rules: clear errors, bounded time, nothing fetched twice.</summary>
public sealed class HostileTests
{
    private static readonly RegistryOptions s_impatient = Clients.Quick with
    {
        ResponseTimeout = TimeSpan.FromMilliseconds(300),
        StallTimeout = TimeSpan.FromMilliseconds(300),
        MaxAttempts = 2,
    };

    [Fact]
    public async Task Connection_cut_in_the_middle_is_resumed_where_it_broke()
    {
        await using var registry = new HostileRegistry(async (request, reply, self) =>
        {
            var start = HostileRegistry.Start(request);
            if (!IsLayer(request, self) || start >= 300_000)
            {
                return false;
            }

            await SendPartAsync(reply, self.Layer, start, 100_000);
            reply.Cut();
            return true;
        });

        Assert.Equal(registry.Layer, await DownloadAsync(registry));

        var starts = registry.Server.To(registry.LayerDescriptor.Digest.ToString()).Select(HostileRegistry.Start).ToList();
        Assert.Equal([0, 100_000, 200_000, 300_000], starts);
    }

    [Fact]
    public async Task Server_without_ranges_is_read_again_and_the_known_part_dropped()
    {
        await using var registry = new HostileRegistry(async (request, reply, self) =>
        {
            if (!IsLayer(request, self))
            {
                return false;
            }

            if (HostileRegistry.Start(request) == 0)
            {
                await SendPartAsync(reply, self.Layer, 0, 150_000);
                reply.Cut();
            }
            else
            {
                await reply.SendAsync(200, self.Layer);
            }

            return true;
        });

        Assert.Equal(registry.Layer, await DownloadAsync(registry));
    }

    [Fact]
    public async Task Connection_always_cut_gives_up_after_the_attempts()
    {
        await using var registry = new HostileRegistry(async (request, reply, self) =>
        {
            if (!IsLayer(request, self))
            {
                return false;
            }

            await reply.HeadAsync(200, self.Layer.Length);
            reply.Cut();
            return true;
        });

        await Assert.ThrowsAsync<GantryException>(() => DownloadAsync(registry));
        Assert.Equal(Clients.Quick.MaxAttempts, registry.Server.To(registry.LayerDescriptor.Digest.ToString()).Count());
    }

    [Fact]
    public async Task Server_that_never_answers()
    {
        await using var registry = new HostileRegistry(async (request, _, self) =>
        {
            await Task.Delay(request.Path == "/v2/" ? 0 : Timeout.Infinite, self.Server.Stopped);
            return false;
        });

        var exception = await Assert.ThrowsAsync<GantryException>(() => ManifestAsync(registry, s_impatient));

        Assert.Equal(
            $"Get \"http://{registry.Server.Address}/v2/x/y/manifests/1\": net/http: request canceled (Client.Timeout exceeded while awaiting headers)", exception.Message);
    }

    [Theory]
    [InlineData(0, 1000)]
    [InlineData(1, 20)]
    public async Task Layer_that_stalls_or_drips(int bytes, int everyMilliseconds)
    {
        await using var registry = new HostileRegistry(async (request, reply, self) =>
        {
            if (!IsLayer(request, self))
            {
                return false;
            }

            await reply.HeadAsync(200, self.Layer.Length);
            while (!self.Server.Stopped.IsCancellationRequested)
            {
                await reply.RawAsync(new byte[bytes]);
                await Task.Delay(everyMilliseconds, self.Server.Stopped);
            }

            return true;
        });

        var exception = await Assert.ThrowsAsync<GantryException>(() => DownloadAsync(registry, s_impatient));

        Assert.Contains("Client.Timeout exceeded while reading body", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Manifest_that_drips_forever()
    {
        await using var registry = new HostileRegistry(async (request, reply, self) =>
        {
            if (request.Path == "/v2/")
            {
                return false;
            }

            await reply.RawAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
            while (true)
            {
                await reply.RawAsync("1\r\n \r\n");
                await Task.Delay(10, self.Server.Stopped);
            }
        });

        var exception = await Assert.ThrowsAsync<GantryException>(() => ManifestAsync(registry, s_impatient));

        Assert.Contains("Client.Timeout exceeded while reading body", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Manifest_without_end_is_cut_at_the_limit(bool declared)
    {
        await using var registry = new HostileRegistry(async (request, reply, _) =>
        {
            if (request.Path == "/v2/")
            {
                return false;
            }

            await reply.RawAsync(declared ? "HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\n" : "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
            while (true)
            {
                await reply.RawAsync(new byte[64 * 1024]);
            }
        });

        var exception = await Assert.ThrowsAsync<GantryException>(() => ManifestAsync(registry));

        Assert.EndsWith("the answer is larger than 4194304 bytes", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Retry_after_is_waited_for()
    {
        await using var registry = new HostileRegistry(async (request, reply, self) =>
        {
            if (request.Path == "/v2/" || self.Server.To("/manifests/").Count() > 1)
            {
                return false;
            }

            await reply.SendAsync(429, "{\"errors\":[{\"code\":\"TOOMANYREQUESTS\",\"message\":\"slow down\"}]}", "Content-Type: application/json", "Retry-After: 1");
            return true;
        });
        var waits = new List<TimeSpan>();

        await ManifestAsync(registry, notice: waits.Add);

        Assert.Equal([TimeSpan.FromSeconds(1)], waits);
    }

    [Fact]
    public async Task Retry_after_of_hours_is_told_at_once()
    {
        await using var registry = new HostileRegistry(async (request, reply, _) =>
        {
            if (request.Path == "/v2/")
            {
                return false;
            }

            await reply.SendAsync(429, "{\"errors\":[{\"code\":\"TOOMANYREQUESTS\",\"message\":\"You have reached your pull rate limit\"}]}", "Content-Type: application/json", "Retry-After: 20000");
            return true;
        });

        var exception = await Assert.ThrowsAsync<GantryException>(() => ManifestAsync(registry));

        Assert.Equal("toomanyrequests: You have reached your pull rate limit", exception.Message);
        Assert.Single(registry.Server.To("/manifests/"));
    }

    [Fact]
    public async Task Storm_of_500_passes_or_is_given_up()
    {
        var left = 3;
        await using var registry = new HostileRegistry(async (request, reply, _) =>
        {
            if (request.Path == "/v2/" || Interlocked.Decrement(ref left) < 0)
            {
                return false;
            }

            await reply.SendAsync(500, "oops");
            return true;
        });

        await ManifestAsync(registry);
        Assert.Equal(4, registry.Server.To("/manifests/").Count());

        left = int.MaxValue;
        var exception = await Assert.ThrowsAsync<GantryException>(() => ManifestAsync(registry));
        Assert.StartsWith("received unexpected HTTP status: 500 ", exception.Message, StringComparison.Ordinal);
        Assert.Equal(4 + Clients.Quick.MaxAttempts, registry.Server.To("/manifests/").Count());
    }

    [Fact]
    public async Task Manifest_with_wrong_digest()
    {
        await using var registry = new HostileRegistry(async (request, reply, self) =>
        {
            if (request.Path == "/v2/")
            {
                return false;
            }

            await reply.SendAsync(200, [.. self.Manifest, (byte)' '], $"Content-Type: {MediaTypes.OciManifest}", $"Docker-Content-Digest: {Digest.Of(self.Manifest)}");
            return true;
        });
        var digest = Digest.Of(registry.Manifest).ToString();

        foreach (var reference in new[] { "1", digest })
        {
            var exception = await Assert.ThrowsAsync<GantryException>(() => ManifestAsync(registry, reference: reference));
            Assert.Equal((ErrorKind.DataCorrupt, $"manifest verification failed for digest {digest}"), (exception.Kind, exception.Message));
        }
    }

    [Fact]
    public async Task Config_with_wrong_digest()
    {
        await using var registry = new HostileRegistry(async (request, reply, self) =>
        {
            if (!request.Path.EndsWith(Digest.Of(self.Config).ToString(), StringComparison.Ordinal))
            {
                return false;
            }

            await reply.SendAsync(200, new byte[self.Config.Length]);
            return true;
        });
        using var client = new RegistryClient(Clients.Quick);

        var exception = await Assert.ThrowsAsync<GantryException>(
            () => client.OpenForPull(registry.Reference).GetBlobAsync(TestContent.Describe(registry.Config), 1 << 20));

        Assert.Equal(ErrorKind.DataCorrupt, exception.Kind);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(-10)]
    public async Task Layer_of_another_size_than_declared(int more)
    {
        await using var registry = new HostileRegistry();
        using var client = new RegistryClient(Clients.Quick);
        var wrong = registry.LayerDescriptor with { Size = registry.Layer.Length + more };

        var exception = await Assert.ThrowsAsync<GantryException>(() => client.OpenForPull(registry.Reference).OpenBlobAsync(wrong));

        Assert.Equal($"the registry has {registry.Layer.Length} bytes of the blob, the manifest declares {wrong.Size}", exception.Message);
    }

    [Fact]
    public async Task Layer_that_goes_on_after_its_end()
    {
        await using var registry = new HostileRegistry(async (request, reply, self) =>
        {
            if (!IsLayer(request, self))
            {
                return false;
            }

            await reply.RawAsync("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
            await reply.RawAsync(self.Layer);
            await reply.RawAsync(new byte[1000]);
            return true;
        });

        var exception = await Assert.ThrowsAsync<GantryException>(() => DownloadAsync(registry));

        Assert.Equal($"the registry sent more than the {registry.Layer.Length} bytes that the manifest declares", exception.Message);
    }

    [Fact]
    public async Task Missing_layer()
    {
        await using var registry = new HostileRegistry();
        using var client = new RegistryClient(Clients.Quick);

        var exception = await Assert.ThrowsAsync<GantryException>(
            () => client.OpenForPull(registry.Reference).OpenBlobAsync(TestContent.Describe([1, 2, 3])));

        Assert.Equal("unknown blob", exception.Message);
    }

    [Fact]
    public async Task Redirects_in_a_circle_end()
    {
        await using var registry = new HostileRegistry(async (request, reply, _) =>
        {
            if (request.Path == "/v2/")
            {
                return false;
            }

            await reply.SendAsync(307, "", $"Location: {request.Path}");
            return true;
        });

        var exception = await Assert.ThrowsAsync<GantryException>(() => ManifestAsync(registry));

        Assert.Contains("stopped after 10 redirects", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("garbage\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzzzz\r\n")]
    [InlineData("")]
    public async Task Malformed_answers(string raw)
    {
        await using var registry = new HostileRegistry(async (request, reply, _) =>
        {
            if (request.Path == "/v2/")
            {
                return false;
            }

            await reply.RawAsync(raw);
            reply.Cut();
            return true;
        });

        await Assert.ThrowsAsync<GantryException>(() => ManifestAsync(registry));
    }

    private static bool IsLayer(ScriptedRequest request, HostileRegistry registry) =>
        request.Path.EndsWith(registry.LayerDescriptor.Digest.ToString(), StringComparison.Ordinal);

    private static async Task SendPartAsync(ScriptedReply reply, byte[] content, int start, int length)
    {
        await (start == 0
            ? reply.HeadAsync(200, content.Length)
            : reply.HeadAsync(206, content.Length - start, $"Content-Range: bytes {start}-{content.Length - 1}/{content.Length}"));
        await reply.RawAsync(content[start..(start + length)]);

        // A reset overtakes data still under way.
        await Task.Delay(100);
    }

    private static async Task<ManifestContent> ManifestAsync(
        HostileRegistry registry, RegistryOptions? options = null, string reference = "1", RetryNotice? notice = null)
    {
        using var client = new RegistryClient(options ?? Clients.Quick);
        var repository = client.OpenForPull(registry.Reference);
        repository.Retrying = notice;
        return await repository.GetManifestAsync(reference);
    }

    private static async Task<byte[]> DownloadAsync(HostileRegistry registry, RegistryOptions? options = null)
    {
        using var client = new RegistryClient(options ?? Clients.Quick);
        await using var stream = await client.OpenForPull(registry.Reference).OpenBlobAsync(registry.LayerDescriptor);
        using var buffer = new MemoryStream();
        await stream.CopyToAsync(buffer);
        return buffer.ToArray();
    }
}
