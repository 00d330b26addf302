using Gantry.Content;
using Gantry.Oci;
using Gantry.Registry;

namespace Gantry.Images.Transfer;

/// <summary>Brings one layer into a registry: compressed once, and sent only when the registry has no copy of it.</summary>
internal sealed class LayerPush(ImageStore store, RegistryRepository repository, ImageReference target, PushLayer layer, LayerCompression? wanted, IProgress<TransferEvent> events)
{
    /// <summary>More candidates than this cost more round trips than they save.</summary>
    private const int MaxMountCandidates = 3;

    /// <summary>Returns the blob that now is in the registry.</summary>
    internal async Task<Descriptor> RunAsync(OrderedGate uploads, ContentLease lease, CancellationToken cancellationToken)
    {
        using var turn = await uploads.EnterAsync(() => Report("Waiting"), cancellationToken).ConfigureAwait(false);
        var blob = layer.Blob ?? await store.EnsureLayerBlobAsync(lease, layer.ChainId, wanted, cancellationToken).ConfigureAwait(false);
        using var memory = store.Uploads.Enter(target.Name, blob);
        var source = new UploadSource(blob, (offset, _) => Task.FromResult<Stream>(Open(blob.Digest, offset)))
        {
            MountCandidates = MountCandidates(),
            Earlier = memory?.Earlier,
            Moved = memory is null ? null : memory.Remember,
            Progress = new LayerProgress(events, layer.ShortId, "Pushing", blob.Size),
            Retrying = wait => events.Report(TransferEvent.Retrying(layer.ShortId, wait)),
        };
        var result = await repository.UploadAsync(source, cancellationToken).ConfigureAwait(false);
        Report(result.Outcome switch
        {
            UploadOutcome.Exists => "Layer already exists",
            UploadOutcome.Mounted => $"Mounted from {result.MountedFrom}",
            _ => "Pushed",
        });
        return blob;
    }

    /// <summary>Other repositories of the same registry that an image with this layer was pulled from or pushed to.</summary>
    private List<string> MountCandidates() => [.. store.RepositoriesWithLayer(layer.ChainId)
        .Where(name => name.StartsWith(target.Domain + "/", StringComparison.Ordinal))
        .Select(name => name[(target.Domain.Length + 1)..])
        .Where(path => path != target.Path)
        .Take(MaxMountCandidates)];

    private FileStream Open(Digest digest, long offset)
    {
        var file = store.Content.OpenRead(digest);
        file.Position = offset;
        return file;
    }

    private void Report(string status) => events.Report(TransferEvent.Layer(layer.ShortId, status));
}
