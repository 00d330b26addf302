using System.Collections.Concurrent;
using Gantry.Build.Cache;
using Gantry.Content;
using Gantry.Oci;

namespace Gantry.Build.Graph;

/// <summary>
/// Finds or makes the results of vertices: by definition, without touching the inputs; then by the inputs' contents; then by executing.
/// Each vertex is solved once, whoever asks and however often. One solver a build.
/// </summary>
internal sealed class Solver(CacheSession cache, SharedWork<Solved> running, ContentLease lease, bool useCache)
{
    private readonly ConcurrentDictionary<Digest, Solved> _done = new();

    /// <summary>Builds that may not use the cache share nothing with other builds.</summary>
    private readonly string _salt = useCache ? string.Empty : Guid.NewGuid().ToString();

    public async Task<Solved> SolveAsync(Vertex vertex, IOperationObserver observer, CancellationToken cancellationToken)
    {
        if (vertex.Known is { } known)
        {
            return new Solved(known, true);
        }

        if (_done.TryGetValue(vertex.Definition, out var done))
        {
            return done with { Cached = true };
        }

        var key = new KeyBuilder(_salt).Add(vertex.Definition).Build();
        var (solved, joined) = await running.RunAsync(key, token => WorkAsync(vertex, observer, token), cancellationToken).ConfigureAwait(false);
        Protect(solved.Result);
        _done.TryAdd(vertex.Definition, solved);
        return joined ? solved with { Cached = true } : solved;
    }

    private async Task<Solved> WorkAsync(Vertex vertex, IOperationObserver observer, CancellationToken cancellationToken)
    {
        if (useCache && cache.Find(vertex.Definition) is { } byDefinition)
        {
            return new Solved(byDefinition, true);
        }

        var operation = vertex.Operation!;
        var solved = await Task.WhenAll(vertex.Inputs.Select(i => SolveAsync(i, NoObserver.Instance, cancellationToken))).ConfigureAwait(false);
        var inputs = solved.Select(s => s.Result).ToList();
        var contentKey = await operation.ContentKeyAsync(inputs, cancellationToken).ConfigureAwait(false);
        if (useCache && contentKey is { } content && cache.Find(content) is { } byContent)
        {
            cache.AddName(vertex.Definition, content);
            return new Solved(byContent, true);
        }

        var result = await operation.ExecuteAsync(inputs, observer, cancellationToken).ConfigureAwait(false);
        Protect(result);
        cache.Add(vertex, contentKey, result);
        return new Solved(result, false);
    }

    private void Protect(LayerResult result)
    {
        if (!result.ChainId.IsEmpty)
        {
            lease.Protect(result.ChainId);
        }
    }

    private sealed class NoObserver : IOperationObserver
    {
        internal static NoObserver Instance { get; } = new();

        public void Write(StepStream stream, ReadOnlySpan<byte> data)
        {
        }

        public void ContainerStarted(string id)
        {
        }

        public void ContainerRemoved(string id)
        {
        }
    }
}

/// <param name="Cached">The result was there, or being made by another.</param>
internal sealed record Solved(LayerResult Result, bool Cached);
