using Gantry.Build.Copying;
using Gantry.Build.Files;
using Gantry.Build.Graph;
using Gantry.Oci;

namespace Gantry.Build.Steps;

/// <summary>
/// COPY or ADD. From the context, which is at hand, the sources' checksum is part of the definition; from another stage it is only looked
/// at when the definition isn't in the cache.
/// </summary>
internal sealed class CopyOperation : IOperation
{
    private readonly CopySpec _spec;
    private readonly LayerMaker _maker;
    private readonly ISourceTree? _context;
    private readonly CopySources? _sources;

    private CopyOperation(CopySpec spec, LayerMaker maker, ISourceTree? context, CopySources? sources, string text)
    {
        _spec = spec;
        _maker = maker;
        _context = context;
        _sources = sources;
        Description = text;
        var key = Key("copy", spec);
        Definition = (sources is null ? key.Add(spec.Sources) : AddSources(key, sources)).Build();
    }

    public Digest Definition { get; }

    public string Description { get; }

    /// <summary>Of files at hand. The tree stays the caller's.</summary>
    public static CopyOperation FromContext(CopySpec spec, LayerMaker maker, ISourceTree context, CopySources sources, string text) =>
        new(spec, maker, context, sources, text);

    /// <summary>Of the file system that is the vertex's second input.</summary>
    public static CopyOperation FromInput(CopySpec spec, LayerMaker maker, string text) => new(spec, maker, null, null, text);

    public async Task<Digest?> ContentKeyAsync(IReadOnlyList<LayerResult> inputs, CancellationToken cancellationToken)
    {
        if (_sources is not null)
        {
            return null;
        }

        using var tree = Open(inputs[1].ChainId);
        var sources = await CopySources.FindAsync(_spec, tree, isContext: false, cancellationToken).ConfigureAwait(false);
        return AddSources(Key("copy-content", _spec), sources).Add(inputs[0].ChainId).Build();
    }

    public async Task<LayerResult> ExecuteAsync(IReadOnlyList<LayerResult> inputs, IOperationObserver observer, CancellationToken cancellationToken)
    {
        using var own = _context is null ? Open(inputs[1].ChainId) : null;
        var tree = _context ?? own!;
        var sources = _sources ?? await CopySources.FindAsync(_spec, tree, isContext: false, cancellationToken).ConfigureAwait(false);
        await tree.FetchAsync(sources.Files.Select(f => f.File).ToList(), _spec.LeftOut(), contents: true, cancellationToken).ConfigureAwait(false);
        var result = await _maker.MakeAsync(inputs[0].ChainId, mountPoints: false, evenEmpty: _spec.Style.IsBuildKit, LayerMaker.NewId(), async layer =>
        {
            using var writer = new LayerWriter(layer.UpperDirectory, _maker.Layers.OpenView(inputs[0].ChainId));
            await new LayerCopy(_spec, writer, cancellationToken).RunAsync(sources, tree).ConfigureAwait(false);
        }, cancellationToken).ConfigureAwait(false);
        return result with { Comment = sources.Hash };
    }

    private DirectoryTree Open(Digest chainId)
    {
        var view = _maker.Layers.OpenView(chainId);
        return new DirectoryTree(view.Root, view, ids: view.Ids);
    }

    private static KeyBuilder Key(string kind, CopySpec spec) => new KeyBuilder(kind)
        .Add(spec.Keyword).Add(spec.Destination).Add(spec.Chown).Add(spec.ShownMode).Add(spec.Style.IsBuildKit ? "buildkit" : string.Empty)
        .Add($"{spec.KeepOwner} {spec.Unpack} {spec.UnpackDownloads} {spec.Parents}").Add(spec.Exclude)
        .Add(spec.Inline.SelectMany(i => new[] { i.Name, i.Content }).ToList());

    private static KeyBuilder AddSources(KeyBuilder key, CopySources sources) =>
        key.Add(sources.Hash).Add(sources.Files.Select(f => f.File.IsDirectory ? "/" : f.Name).ToList());
}
