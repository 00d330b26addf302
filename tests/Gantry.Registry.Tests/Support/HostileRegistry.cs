using Gantry.Oci;

namespace Gantry.Registry.Tests.Support;

/// <summary>A registry with one image whose answers a test can spoil.</summary>
internal sealed class HostileRegistry : IAsyncDisposable
{
    private readonly ScriptedServer _server;

    /// <param name="spoil">Answers a request itself and returns true, or leaves it alone.</param>
    internal HostileRegistry(Func<ScriptedRequest, ScriptedReply, HostileRegistry, Task<bool>>? spoil = null, int layerSize = 400_000)
    {
        Layer = TestContent.Bytes(layerSize, 42);
        Config = "{\"architecture\":\"amd64\",\"os\":\"linux\"}"u8.ToArray();
        Manifest = TestContent.Manifest(TestContent.Describe(Config, MediaTypes.OciConfig), [LayerDescriptor]);
        _server = new ScriptedServer(async (request, reply) =>
        {
            if (spoil is null || !await spoil(request, reply, this))
            {
                await AnswerAsync(request, reply);
            }
        });
    }

    internal byte[] Layer { get; }

    internal byte[] Config { get; }

    internal byte[] Manifest { get; }

    internal Descriptor LayerDescriptor => TestContent.Describe(Layer);

    internal ScriptedServer Server => _server;

    internal ImageReference Reference => ImageReference.Parse($"{_server.Address}/x/y:1");

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    internal async Task AnswerAsync(ScriptedRequest request, ScriptedReply reply)
    {
        if (request.Path == "/v2/")
        {
            await reply.SendAsync(200, "{}", "Content-Type: application/json");
        }
        else if (request.Path.Contains("/manifests/", StringComparison.Ordinal))
        {
            await reply.SendAsync(200, Manifest, $"Content-Type: {MediaTypes.OciManifest}", $"Docker-Content-Digest: {Digest.Of(Manifest)}");
        }
        else if (Blob(request.Path) is { } blob)
        {
            await BlobAsync(request, reply, blob);
        }
        else
        {
            await reply.SendAsync(404, "{\"errors\":[{\"code\":\"BLOB_UNKNOWN\",\"message\":\"blob unknown to registry\"}]}", "Content-Type: application/json");
        }
    }

    internal static int Start(ScriptedRequest request) =>
        request.Header("range") is { Length: > 0 } range ? int.Parse(range["bytes=".Length..^1]) : 0;

    private byte[]? Blob(string path) => new[] { Layer, Config }.FirstOrDefault(blob => path.EndsWith(Digest.Of(blob).ToString(), StringComparison.Ordinal));

    private static async Task BlobAsync(ScriptedRequest request, ScriptedReply reply, byte[] blob)
    {
        var start = Start(request);
        await (start == 0
            ? reply.SendAsync(200, blob)
            : reply.SendAsync(206, blob[start..], $"Content-Range: bytes {start}-{blob.Length - 1}/{blob.Length}"));
    }
}
