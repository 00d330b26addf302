using System.Text.Json;
using Gantry.Build.Export;
using Gantry.Content;
using Gantry.Errors;
using Gantry.Images;
using Gantry.Oci;

namespace Gantry.Build.Tests.Support;

/// <summary>Images in memory, as catalog and as provider.</summary>
internal sealed class FakeImages : IImageCatalog, IImageProvider
{
    private readonly Dictionary<Digest, ReadOnlyMemory<byte>> _configs = [];

    public Dictionary<string, Digest> Names { get; } = [];

    /// <summary>References asked for, with the policy.</summary>
    public List<string> Asked { get; } = [];

    public Digest? Find(string nameOrId) => Names.TryGetValue(ImageReference.Parse(nameOrId).WithDefaultTag().Familiar, out var id) ? id : null;

    public ImageConfig Config(Digest id) => JsonSerializer.Deserialize(_configs[id].Span, OciJson.Default.ImageConfig)!;

    public Digest Add(ReadOnlyMemory<byte> config, params string[] names)
    {
        var id = Digest.Of(config.Span);
        lock (_configs)
        {
            _configs[id] = config.ToArray();
            foreach (var name in names)
            {
                Names[name] = id;
            }
        }

        return id;
    }

    public Task CreateAsync(ContentLease lease, NewImage image, CancellationToken cancellationToken)
    {
        Add(image.Config, image.References.Select(r => r.Familiar).ToArray());
        return Task.CompletedTask;
    }

    public void Tag(Digest id, ImageReference name) => Names[name.Familiar] = id;

    public IReadOnlySet<Digest> Layers() => _configs.Keys.SelectMany(id => ChainId.Of(Config(id).RootFs.DiffIds)).ToHashSet();

    public Task<long> CollectGarbageAsync(IEnumerable<Digest> roots, CancellationToken cancellationToken) => Task.FromResult(0L);

    public Task<Digest> EnsureAsync(
        string reference, Platform? platform, PullPolicy policy, IProgress<PullStatus> progress, CancellationToken cancellationToken)
    {
        lock (_configs)
        {
            Asked.Add($"{reference} {platform} {policy}");
            var name = ImageReference.Parse(reference).WithDefaultTag().Familiar;
            return Task.FromResult(Names.TryGetValue(name, out var id) ? id : throw GantryException.NotFound($"pull access denied for {reference}"));
        }
    }
}
