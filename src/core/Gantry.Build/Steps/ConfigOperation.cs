using Gantry.Build.Graph;
using Gantry.Oci;

namespace Gantry.Build.Steps;

/// <summary>A step that changes only the image's configuration. What it leaves in the cache is when it was first made.</summary>
internal sealed class ConfigOperation(string comment, Digest previous) : IOperation
{
    public Digest Definition { get; } = new KeyBuilder("config").Add(comment).Add(previous).Build();

    public string Description => comment;

    public Task<Digest?> ContentKeyAsync(IReadOnlyList<LayerResult> inputs, CancellationToken cancellationToken) => Task.FromResult<Digest?>(null);

    public Task<LayerResult> ExecuteAsync(IReadOnlyList<LayerResult> inputs, IOperationObserver observer, CancellationToken cancellationToken) =>
        Task.FromResult(new LayerResult(inputs.Count == 0 ? default : inputs[0].ChainId, default, DateTimeOffset.UtcNow, 0));
}
