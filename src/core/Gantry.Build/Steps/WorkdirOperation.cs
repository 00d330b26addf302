using Gantry.Build.Copying;
using Gantry.Build.Graph;
using Gantry.Errors;
using Gantry.Oci;

namespace Gantry.Build.Steps;

/// <summary>WORKDIR: the directory is there afterwards, with those above it.</summary>
/// <param name="owner">Whose new directories are, as in BuildKit's <c>--chown</c>; null for root and the classic builder, which adds no empty layer.</param>
internal sealed class WorkdirOperation(string path, string? owner, LayerMaker maker) : IOperation
{
    public Digest Definition { get; } = (owner is null ? new KeyBuilder("workdir").Add(path) : new KeyBuilder("workdir-of").Add(path).Add(owner)).Build();

    public string Description => $"WORKDIR {path}";

    public Task<Digest?> ContentKeyAsync(IReadOnlyList<LayerResult> inputs, CancellationToken cancellationToken) => Task.FromResult<Digest?>(null);

    public Task<LayerResult> ExecuteAsync(IReadOnlyList<LayerResult> inputs, IOperationObserver observer, CancellationToken cancellationToken) =>
        maker.MakeAsync(inputs[0].ChainId, mountPoints: false, evenEmpty: owner is not null, LayerMaker.NewId(), layer =>
        {
            using var writer = new LayerWriter(layer.UpperDirectory, maker.Layers.OpenView(inputs[0].ChainId));
            var target = writer.Resolve(path);
            var there = target.Length == 0 ? null : writer.Status(target);
            if (there is { IsDirectory: false })
            {
                throw GantryException.InvalidArgument($"Cannot mkdir: {path} is not a directory");
            }

            if (target.Length > 0 && there is null)
            {
                writer.MakeDirectories(target, string.IsNullOrEmpty(owner) ? default : OwnerLookup.FindLeniently(owner, writer.Below));
            }

            return Task.CompletedTask;
        }, cancellationToken);
}
