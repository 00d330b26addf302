using System.Collections.Immutable;
using Gantry.Linux.Networking;
using Gantry.Networks.Dns;
using Gantry.Networks.Ports;
using Gantry.Networks.State;
using Microsoft.Win32.SafeHandles;

namespace Gantry.Networks.Service;

/// <summary>A container's sandbox in memory. Changes happen one at a time, inside <see cref="EnterAsync"/>; reading takes no lock.</summary>
internal sealed class SandboxEntry(SandboxOptions options, string id, string key) : IDisposable
{
    private readonly SemaphoreSlim _gate = new(1, 1);
    private volatile ImmutableBox<ImmutableArray<EndpointInfo>> _endpoints = new([]);
    private volatile ImmutableBox<ImmutableArray<HeldPort>> _ports = new([]);

    public string Id => id;

    /// <summary>Path of the namespace; empty in host mode.</summary>
    public string Key => key;

    public SandboxOptions Options { get; set; } = options;

    public NetworkNamespace? Namespace { get; set; }

    /// <summary>What <see cref="Namespace"/> belongs to; null: the host's, or not known after a restart of the engine, which needs it for a start only.</summary>
    public SafeFileHandle? UserNamespace { get; set; }

    public DnsListener? Dns { get; set; }

    public NameScope Names { get; } = new();

    /// <summary>No longer to be used: it was released while somebody waited to enter.</summary>
    public bool Released { get; set; }

    /// <summary>In the order of connection.</summary>
    public ImmutableArray<EndpointInfo> Endpoints
    {
        get => _endpoints.Value;
        set => _endpoints = new(value);
    }

    public ImmutableArray<HeldPort> Ports
    {
        get => _ports.Value;
        set => _ports = new(value);
    }

    /// <summary>The endpoints that have the default gateways and the ports.</summary>
    public GatewayPair Gateways { get; set; } = GatewayPair.None;

    public async Task<IDisposable> EnterAsync(CancellationToken ct)
    {
        await _gate.WaitAsync(ct).ConfigureAwait(false);
        return new Exit(_gate);
    }

    public SandboxInfo ToInfo()
    {
        var ports = Ports.Select(p => p.ToPublished()).ToList();
        return new SandboxInfo
        {
            ContainerId = Options.ContainerId,
            SandboxId = Id,
            SandboxKey = Key,
            UserNamespacePath = UserNamespace is { IsClosed: false } user ? $"/proc/{Environment.ProcessId}/fd/{user.DangerousGetHandle()}" : null,
            Mode = Options.Mode,
            Endpoints = [.. Endpoints.Select(e => e.EndpointId == Gateways.First?.EndpointId ? e with { Ports = ports } : e)],
            Ports = ports,
        };
    }

    public SandboxState ToState() => new()
    {
        SandboxId = Id,
        Options = Options,
        Endpoints = ToInfo().Endpoints,
        DnsPort = Dns?.Port ?? 0,
    };

    public void Dispose()
    {
        Dns?.Dispose();
        Namespace?.Dispose();
        UserNamespace?.Dispose();
        _gate.Dispose();
    }

    private sealed class ImmutableBox<T>(T value)
    {
        public T Value { get; } = value;
    }

    private sealed class Exit(SemaphoreSlim gate) : IDisposable
    {
        public void Dispose() => gate.Release();
    }
}
