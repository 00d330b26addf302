using Gantry.Oci;

namespace Gantry.Build.Graph;

/// <summary>What a vertex does to the file systems it gets. The solver knows no more of a step than this.</summary>
internal interface IOperation
{
    /// <summary>Names everything that decides the result but the inputs.</summary>
    Digest Definition { get; }

    /// <summary>For lists of the cache.</summary>
    string Description { get; }

    /// <summary>
    /// A second name for the result, made of the inputs' contents: found when the definition is new but the work is not. Null when there is none.
    /// </summary>
    Task<Digest?> ContentKeyAsync(IReadOnlyList<LayerResult> inputs, CancellationToken cancellationToken);

    Task<LayerResult> ExecuteAsync(IReadOnlyList<LayerResult> inputs, IOperationObserver observer, CancellationToken cancellationToken);
}

/// <summary>Hears what happens while an operation runs.</summary>
internal interface IOperationObserver : IStepOutput
{
    void ContainerStarted(string id);

    void ContainerRemoved(string id);
}

/// <summary>The state of a file system after a vertex.</summary>
/// <param name="ChainId">All its layers; empty for an empty root.</param>
/// <param name="DiffId">The layer the vertex added; empty when it changed nothing.</param>
/// <param name="Created">When it was made: part of the image, so kept with the cache.</param>
/// <param name="Size">Bytes the vertex added.</param>
/// <param name="Comment">What the operation says of its sources (their hash), for the image's history.</param>
internal sealed record LayerResult(Digest ChainId, Digest DiffId, DateTimeOffset Created, long Size, string Comment = "");
