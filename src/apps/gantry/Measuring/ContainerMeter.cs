using System.Text.Json;
using Gantry.Client;
using Gantry.Client.Api;
using Gantry.Client.Streams;
using Gantry.Errors;

namespace Gantry.Apps.Cli.Measuring;

/// <summary>Collects the figures of several containers at the same time.</summary>
/// <param name="stream">False: one measurement each.</param>
internal sealed class ContainerMeter(EngineClient client, bool stream, CancellationToken cancellationToken)
{
    private readonly Lock _lock = new();
    private readonly List<string> _order = [];
    private readonly Dictionary<string, ContainerStats> _latest = new(StringComparer.Ordinal);
    private readonly List<Task> _first = [];

    /// <summary>Begins to measure a container.</summary>
    public void Add(string container)
    {
        lock (_lock)
        {
            if (_latest.ContainsKey(container))
            {
                return;
            }

            _order.Add(container);
            _latest[container] = new ContainerStats(container);
            var measured = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _first.Add(measured.Task);
            _ = MeasureAsync(container, measured);
        }
    }

    /// <summary>Measures all running containers (or all there are), and those that start from now on.</summary>
    public async Task FollowAllAsync(bool all, CancellationToken cancellationToken)
    {
        if (stream)
        {
            _ = FollowEventsAsync(all);
        }

        foreach (var container in await client.ListContainersAsync(all, null, size: false, null, cancellationToken))
        {
            Add(ShortId(container.Id));
        }
    }

    /// <summary>Completes when each container added so far has figures or failed.</summary>
    public Task AllMeasuredAsync()
    {
        lock (_lock)
        {
            return Task.WhenAll(_first);
        }
    }

    /// <summary>The latest figures in the order in which containers were added.</summary>
    public IReadOnlyList<ContainerStats> Snapshot()
    {
        lock (_lock)
        {
            return [.. _order.Select(name => _latest[name])];
        }
    }

    private async Task MeasureAsync(string container, TaskCompletionSource first)
    {
        try
        {
            using var response = await client.StatsAsync(container, stream, cancellationToken);
            await foreach (var document in JsonStream.ReadAsync(response.Body, cancellationToken))
            {
                using (document)
                {
                    Set(container, ContainerStats.FromJson(container, document.RootElement));
                    first.TrySetResult();
                }
            }

            if (stream)
            {
                Forget(container);
            }
        }
        catch (Exception e) when (e is GantryException or IOException or System.Net.Sockets.SocketException or JsonException)
        {
            Set(container, new ContainerStats(container, Failure: e.Message));
        }
        finally
        {
            first.TrySetResult();
        }
    }

    private async Task FollowEventsAsync(bool all)
    {
        var filters = new Filters().Add("type", "container").Add("event", "start").Add("event", "die");
        if (all)
        {
            filters.Add("event", "create").Add("event", "destroy");
        }

        try
        {
            using var response = await client.EventsAsync(null, null, filters, cancellationToken);
            await foreach (var document in JsonStream.ReadAsync(response.Body, cancellationToken))
            {
                using (document)
                {
                    Handle(document.RootElement, all);
                }
            }
        }
        catch (Exception e) when (e is GantryException or IOException or System.Net.Sockets.SocketException)
        {
            // Without events the list stays as it is; the figures of what is in it still come.
            _ = e;
        }
    }

    private void Handle(JsonElement message, bool all)
    {
        var action = message.TryGetProperty("Action", out var value) ? value.GetString() : null;
        var id = message.TryGetProperty("Actor", out var actor) && actor.TryGetProperty("ID", out var given) ? ShortId(given.GetString()) : "";
        switch (action)
        {
            case "start" or "create":
                Add(id);
                break;
            case "destroy":
                Forget(id);
                break;
            case "die" when !all:
                Forget(id);
                break;
        }
    }

    private void Set(string container, ContainerStats stats)
    {
        lock (_lock)
        {
            if (_latest.ContainsKey(container))
            {
                _latest[container] = stats;
            }
        }
    }

    private void Forget(string container)
    {
        lock (_lock)
        {
            _order.Remove(container);
            _latest.Remove(container);
        }
    }

    private static string ShortId(string? id) => Formatting.Shorten.Id(id);
}
