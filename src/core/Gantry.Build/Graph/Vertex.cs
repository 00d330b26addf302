using Gantry.Oci;

namespace Gantry.Build.Graph;

/// <summary>
/// A node of the build graph: an operation on the results of others, or file system content that is known. A stage is built step by step,
/// so a step's inputs are mostly known by their content, and its definition (operation and inputs' chain ids) says all there is to say:
/// a step that ran again and came out the same costs nothing further down.
/// </summary>
internal sealed class Vertex
{
    private Vertex(Digest definition, IOperation? operation, IReadOnlyList<Vertex> inputs, LayerResult? known)
    {
        Definition = definition;
        Operation = operation;
        Inputs = inputs;
        Known = known;
    }

    /// <summary>Names the vertex by what it is made of; known before anything runs.</summary>
    public Digest Definition { get; }

    public IOperation? Operation { get; }

    public IReadOnlyList<Vertex> Inputs { get; }

    /// <summary>Set for content that is there from the start.</summary>
    public LayerResult? Known { get; }

    /// <param name="idle">
    /// Steps just before this one that left the file system as it was: the same command twice in a row is run twice, though its input is the same.
    /// </param>
    public static Vertex Of(IOperation operation, int idle, params IReadOnlyList<Vertex> inputs)
    {
        var key = new KeyBuilder("vertex").Add(operation.Definition);
        if (idle > 0)
        {
            key.Add($"after {idle}");
        }

        foreach (var input in inputs)
        {
            key.Add(input.Definition);
        }

        return new Vertex(key.Build(), operation, inputs, null);
    }

    /// <summary>A file system by its content; empty for an empty one.</summary>
    public static Vertex Of(Digest chainId) =>
        new(new KeyBuilder("layers").Add(chainId).Build(), null, [], new LayerResult(chainId, default, default, 0));
}
