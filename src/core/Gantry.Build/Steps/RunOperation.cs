using System.Text;
using Gantry.Build.Graph;
using Gantry.Errors;
using Gantry.Oci;

namespace Gantry.Build.Steps;

/// <summary>RUN: a command in a container; what it wrote is the layer.</summary>
internal sealed class RunOperation : IOperation
{
    private const string NotStarted = "failed to create task for container: ";
    private readonly RunPlan _plan;
    private readonly LayerMaker _maker;
    private readonly IStepRunner _runner;
    private readonly MountResolver _mounts;

    public RunOperation(RunPlan plan, LayerMaker maker, IStepRunner runner, MountResolver mounts)
    {
        _plan = plan;
        _maker = maker;
        _runner = runner;
        _mounts = mounts;
        Definition = new KeyBuilder("run")
            .Add(plan.CacheCommand).Add(plan.ImageEnvironment).Add(plan.WorkingDirectory).Add(plan.User)
            .Add(plan.Network).Add(plan.Privileged ? "insecure" : string.Empty)
            .Add(plan.Mounts.Select(m => m.Key).ToList()).Add(plan.Script ?? string.Empty).Add(plan.Volumes)
            .Add(plan.Style.IsBuildKit ? "buildkit" : string.Empty)
            .Build();
    }

    public Digest Definition { get; }

    public string Description => string.Join(' ', _plan.CacheCommand);

    public Task<Digest?> ContentKeyAsync(IReadOnlyList<LayerResult> inputs, CancellationToken cancellationToken) => Task.FromResult<Digest?>(null);

    public Task<LayerResult> ExecuteAsync(IReadOnlyList<LayerResult> inputs, IOperationObserver observer, CancellationToken cancellationToken)
    {
        var id = LayerMaker.NewId();
        return _maker.MakeAsync(inputs[0].ChainId, mountPoints: true, evenEmpty: _plan.Style.IsBuildKit, id, async layer =>
        {
            await using var mounts = await _mounts.ResolveAsync(_plan, inputs, cancellationToken).ConfigureAwait(false);
            var stubs = new MountStubs(layer.UpperDirectory, _maker.Layers.OpenView(inputs[0].ChainId), mounts.Mounts.Select(m => m.Target));
            observer.ContainerStarted(id);
            var spec = new StepSpec
            {
                Id = id,
                LayerId = layer.Id,
                Arguments = _plan.Command,
                Environment = [.. _plan.Environment, .. mounts.Environment],
                WorkingDirectory = _plan.WorkingDirectory.Length == 0 ? "/" : _plan.WorkingDirectory,
                User = _plan.User,
                Settings = _plan.Settings,
                NetworkMode = _plan.Network.Length > 0 ? _plan.Network : _plan.Settings.NetworkMode,
                Privileged = _plan.Privileged,
                Mounts = mounts.Mounts,
                Volumes = _plan.Volumes,
                Output = observer,
            };
            var code = await RunAsync(spec, observer, cancellationToken).ConfigureAwait(false);
            stubs.Remove(layer.UpperDirectory);
            if (code != 0)
            {
                if (_plan.TellRemovalAfterFailure)
                {
                    observer.ContainerRemoved(id);
                }

                throw BuildFailure.Create(_plan.Failure(code), code);
            }

            if (_plan.TellRemoval)
            {
                observer.ContainerRemoved(id);
            }
        }, cancellationToken);
    }

    /// <summary>To BuildKit a program that can't be started is a command that failed, whose output says why.</summary>
    private async Task<int> RunAsync(StepSpec spec, IOperationObserver observer, CancellationToken cancellationToken)
    {
        try
        {
            return await _runner.RunAsync(spec, cancellationToken).ConfigureAwait(false);
        }
        catch (GantryException e) when (_plan.Style.IsBuildKit && e.Message.StartsWith(NotStarted, StringComparison.Ordinal))
        {
            observer.Write(StepStream.Error, Encoding.UTF8.GetBytes(e.Message + "\n"));
            return 1;
        }
    }
}
