using System.Net;
using Gantry.Errors;
using Gantry.Networks.Addressing;
using Gantry.Networks.State;
using Gantry.Plugins;

namespace Gantry.Networks.Plugins;

/// <summary>A pool whose addresses a plugin gives.</summary>
/// <param name="state">The pool as it was given.</param>
/// <param name="options">Of the network, for the plugin.</param>
/// <param name="isRestored">The pool was given to an earlier process of the engine, which some plugins want to be asked for again.</param>
internal sealed class PluginAddressPool(
    PluginTable<AddressPlugin> plugins, string driver, PoolState state, IReadOnlyDictionary<string, string> options, bool isRestored, Action<string> warn) : IAddressPool
{
    private readonly string _id = state.PluginPool!;

    /// <summary>What earlier processes were given, until it is known that the plugin knows; null then.</summary>
    private List<(IPAddress Address, string Mac)>? _restored = isRestored ? [] : null;

    public Subnet Subnet { get; } = Subnet.TryParse(state.Subnet, out var subnet, out _) ? subnet
        : throw GantryException.DataCorrupt($"invalid subnet {state.Subnet} in a network record");

    public bool TryReserve(IPAddress address, string mac)
    {
        Replay();
        _ = plugins.Get(driver).RequestAddress(_id, address.ToString(), mac);
        return true;
    }

    public IPAddress? Allocate(string mac)
    {
        Replay();
        return plugins.Get(driver).RequestAddress(_id, "", mac);
    }

    public void Restore(IPAddress address, string mac) => _restored?.Add((address, mac));

    public void Release(IPAddress address)
    {
        Replay();
        plugins.Get(driver).ReleaseAddress(_id, address);
    }

    /// <summary>
    /// Asks once more for all that was given to earlier processes, where the plugin wants that (its <c>RequiresRequestReplay</c>). What it refuses then is
    /// said in the log: it is in use all the same.
    /// </summary>
    /// <exception cref="GantryException">The plugin can't be asked; the next time does it.</exception>
    public void Replay()
    {
        if (_restored is not { } restored)
        {
            return;
        }

        var plugin = plugins.Get(driver);
        if (plugin.WantsReplay())
        {
            var range = state.Range == state.Subnet ? "" : state.Range;
            Ask($"pool {state.Subnet}", () => plugin.RequestPool(state.PluginSpace ?? "", state.Subnet, range, options, Subnet.IsV6));
            if (state.Gateway.Length > 0)
            {
                Ask($"gateway {state.Gateway}", () => plugin.RequestGateway(_id, state.Gateway));
            }

            foreach (var (address, mac) in state.Excluded.Select(a => (a, "")).Concat(restored.Select(r => (r.Address.ToString(), r.Mac))))
            {
                Ask($"address {address}", () => plugin.RequestAddress(_id, address, mac));
            }
        }

        _restored = null;
    }

    private void Ask<T>(string subject, Func<T> question)
    {
        try
        {
            question();
        }
        catch (GantryException e) when (e.InnerException is null)
        {
            warn($"ipam driver {driver}: {subject}, given earlier: {e.Message}");
        }
    }
}
