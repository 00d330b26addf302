using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using Gantry.Registry.Tests.Support;

namespace Gantry.Registry.Tests.Server;

/// <summary>Health, metrics and webhooks.</summary>
public sealed class MonitoringTests
{
    [Fact]
    public async Task Health_follows_the_storage()
    {
        await using var registry = await TestRegistry.StartAsync();

        Assert.Equal("ok\n", await registry.Http.GetStringAsync("/healthz"));
        Directory.Move(Path.Combine(registry.Root, "tmp"), Path.Combine(registry.Root, "gone"));
        using var sick = await registry.Http.GetAsync("/healthz");
        HttpAssert.Status(HttpStatusCode.ServiceUnavailable, sick);
        Directory.Move(Path.Combine(registry.Root, "gone"), Path.Combine(registry.Root, "tmp"));
        Assert.Equal("ok\n", await registry.Http.GetStringAsync("/healthz"));
    }

    [Fact]
    public async Task Metrics_count_what_happened()
    {
        await using var registry = await TestRegistry.StartAsync(options => options with { Metrics = true });
        using var client = new RegistryClient(Clients.Quick);
        var repository = client.OpenForPush(registry.Reference("a/b"));
        var (manifest, config, layer) = await TestContent.PushImageAsync(repository, "v1");
        await repository.GetBlobAsync(TestContent.Describe(layer), layer.Length);

        using var response = await registry.Http.GetAsync("/metrics");
        var lines = (await response.Content.ReadAsStringAsync()).Split('\n');

        Assert.Equal("application/openmetrics-text", response.Content.Headers.ContentType?.MediaType);
        Assert.Contains("gantry_registry_requests_total{method=\"PUT\",route=\"manifest\",status=\"201\"} 1", lines);
        Assert.Contains("gantry_registry_requests_total{method=\"GET\",route=\"blob\",status=\"200\"} 1", lines);
        Assert.Contains($"gantry_registry_received_bytes_total {manifest.Length + config.Length + layer.Length}", lines);
        Assert.Contains($"gantry_registry_sent_bytes_total {layer.Length}", lines);
        Assert.Contains("gantry_registry_open_requests 1", lines);
        Assert.Equal("# EOF", lines[^2]);
    }

    [Fact]
    public async Task Metrics_only_where_they_are_wanted()
    {
        await using var registry = await TestRegistry.StartAsync();

        using var response = await registry.Http.GetAsync("/metrics");

        HttpAssert.Status(HttpStatusCode.NotFound, response);
    }

    [Fact]
    public async Task Webhook_is_told_and_asked_again_when_it_fails()
    {
        var told = new ConcurrentQueue<string>();
        var failed = false;
        await using var listener = new ScriptedServer(async (request, reply) =>
        {
            if (!failed)
            {
                failed = true;
                await reply.SendAsync(500, "");
                return;
            }

            told.Enqueue(System.Text.Encoding.UTF8.GetString(request.Body));
            await reply.SendAsync(200, "");
        });
        await using var registry = await TestRegistry.StartAsync(options => options with
        {
            Webhook = new Uri($"http://{listener.Address}/events"), WebhookRetry = TimeSpan.FromMilliseconds(5),
        });
        using var client = new RegistryClient(Clients.Quick);
        var repository = client.OpenForPush(registry.Reference("a/b"));
        var (manifest, _, _) = await TestContent.PushImageAsync(repository, "v1");
        var digest = Oci.Digest.Of(manifest);
        await repository.GetManifestAsync("v1");
        using var deleted = await registry.Http.DeleteAsync($"/v2/a/b/manifests/{digest}");

        while (told.Count < 3)
        {
            await Task.Delay(5);
        }

        using var documents = new Documents(told);
        var events = documents.All.Select(d => d.RootElement.GetProperty("events")[0]).ToList();
        Assert.Equal(["push", "pull", "delete"], events.Select(e => e.GetProperty("action").GetString()));
        Assert.All(events, e => Assert.Equal(("a/b", digest.ToString(), manifest.Length), (
            e.GetProperty("target").GetProperty("repository").GetString(), e.GetProperty("target").GetProperty("digest").GetString(), e.GetProperty("target").GetProperty("size").GetInt32())));
        Assert.Equal("v1", events[0].GetProperty("target").GetProperty("tag").GetString());
    }

    private sealed class Documents(IEnumerable<string> texts) : IDisposable
    {
        internal List<JsonDocument> All { get; } = [.. texts.Select(t => JsonDocument.Parse(t))];

        public void Dispose() => All.ForEach(d => d.Dispose());
    }
}
