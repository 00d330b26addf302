using Gantry.Engine.Containers.Create;
using Gantry.Engine.Containers.Naming;

namespace Gantry.Engine.Containers.Lifecycle;

/// <summary>
/// Starts many containers at once, but none before those that it links to or shares namespaces with: where these don't run yet its start would fail,
/// and nobody tries it again.
/// </summary>
internal static class BootOrder
{
    /// <summary>In a circle nobody would begin.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(15);

    /// <param name="start">Does not fail.</param>
    internal static Task StartAsync(IEnumerable<Container> containers, ContainerIndex index, Func<Container, Task> start, CancellationToken cancellationToken)
    {
        var ended = containers.ToDictionary(c => c, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        return Task.WhenAll(ended.Keys.Select(c => Task.Run(() => StartInTurnAsync(c), cancellationToken)));

        async Task StartInTurnAsync(Container container)
        {
            var before = NeededBy(container, index).Where(ended.ContainsKey).Select(needed => ended[needed].Task);
            await Task.WhenAll(before).WaitAsync(s_patience, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            try
            {
                await start(container).ConfigureAwait(false);
            }
            finally
            {
                ended[container].SetResult();
            }
        }
    }

    private static IEnumerable<Container> NeededBy(Container container, ContainerIndex index)
    {
        var host = container.Record.HostConfig;
        var joined = new[] { host.NetworkMode, host.IpcMode, host.PidMode }.Select(mode => SharedModes.Find(mode, index)?.Id).OfType<string>();
        foreach (var reference in container.Record.Links.Select(link => link.Id).Concat(joined))
        {
            if (index.TryGet(reference, out var other))
            {
                yield return other;
            }
        }
    }
}
