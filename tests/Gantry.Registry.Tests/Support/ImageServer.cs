using System.Globalization;
using Gantry.Oci;

namespace Gantry.Registry.Tests.Support;

/// <summary>Serves images from memory, byte by byte as a test wants.</summary>
internal sealed class ImageServer : IAsyncDisposable
{
    private readonly Dictionary<string, (byte[] Content, string MediaType)> _content = [];

    /// <param name="spoil">Answers a request itself and returns true, or leaves it alone.</param>
    internal ImageServer(Func<ScriptedRequest, ScriptedReply, ImageServer, Task<bool>>? spoil, params FakeImage[] images)
    {
        foreach (var image in images)
        {
            Add(image.Manifest, MediaTypes.OciManifest);
            Add(image.Config, MediaTypes.OciConfig);
            foreach (var blob in image.Blobs)
            {
                Add(blob, MediaTypes.OciLayerGzip);
            }
        }

        _content["1"] = (images[0].Manifest, MediaTypes.OciManifest);
        Server = new ScriptedServer(async (request, reply) =>
        {
            if (spoil is null || !await spoil(request, reply, this))
            {
                await AnswerAsync(request, reply);
            }
        });
    }

    internal ScriptedServer Server { get; }

    internal ImageReference Reference => ImageReference.Parse($"{Server.Address}/x/y:1");

    public ValueTask DisposeAsync() => Server.DisposeAsync();

    internal void Add(byte[] content, string mediaType, string? name = null) => _content[name ?? Digest.Of(content).ToString()] = (content, mediaType);

    internal IEnumerable<ScriptedRequest> BlobRequests(byte[] blob) => Server.To(Digest.Of(blob).ToString());

    internal static long Start(ScriptedRequest request) =>
        request.Header("range") is { Length: > 0 } range ? long.Parse(range["bytes=".Length..].Split('-')[0], CultureInfo.InvariantCulture) : 0;

    /// <summary>The byte after the last one asked for.</summary>
    internal static long End(ScriptedRequest request, long size) =>
        request.Header("range").Split('-') is [_, { Length: > 0 } last] ? long.Parse(last, CultureInfo.InvariantCulture) + 1 : size;

    internal async Task AnswerAsync(ScriptedRequest request, ScriptedReply reply)
    {
        if (request.Path == "/v2/")
        {
            await reply.SendAsync(200);
        }
        else if (!_content.TryGetValue(request.Path.Split('/')[^1], out var found))
        {
            await reply.SendAsync(404, "{\"errors\":[{\"code\":\"MANIFEST_UNKNOWN\",\"message\":\"manifest unknown\"}]}", "Content-Type: application/json");
        }
        else if (request.Header("range").Length > 0)
        {
            var (start, end) = ((int)Start(request), (int)End(request, found.Content.Length));
            await reply.SendAsync(206, found.Content[start..end], $"Content-Range: bytes {start}-{end - 1}/{found.Content.Length}");
        }
        else
        {
            await reply.SendAsync(200, found.Content, $"Content-Type: {found.MediaType}", $"Docker-Content-Digest: {Digest.Of(found.Content)}");
        }
    }
}
