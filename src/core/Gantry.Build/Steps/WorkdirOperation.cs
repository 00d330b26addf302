using Gantry.Build.Copying;
using Gantry.Build.Graph;
using Gantry.Errors;
using Gantry.Oci;

namespace Gantry.Build.Steps;

/// <summary>WORKDIR: the directory is there afterwards, root's, with those above it.</summary>
internal sealed class WorkdirOperation(string path, LayerMaker maker) : IOperation
{
    public Digest Definition { get; } = new KeyBuilder("workdir").Add(path).Build();

    public string Description => $"WORKDIR {path}";

    public Task<Digest?> ContentKeyAsync(IReadOnlyList<LayerResult> inputs, CancellationToken cancellationToken) => Task.FromResult<Digest?>(null);

    public Task<LayerResult> ExecuteAsync(IReadOnlyList<LayerResult> inputs, IOperationObserver observer, CancellationToken cancellationToken) =>
        maker.MakeAsync(inputs[0].ChainId, mountPoints: false, LayerMaker.NewId(), layer =>
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
                writer.MakeDirectories(target, default);
            }

            return Task.CompletedTask;
        }, cancellationToken);
}
