using System.Net;
using Gantry.Networks.Addressing;
using Gantry.Plugins;

namespace Gantry.Networks.Plugins;

/// <summary>A pool whose addresses a plugin gives. Asked again in a new process of the engine, the plugin still knows what it gave.</summary>
/// <param name="id">The plugin's name for the pool.</param>
internal sealed class PluginAddressPool(PluginTable<AddressPlugin> plugins, string driver, string id, Subnet subnet) : IAddressPool
{
    public Subnet Subnet => subnet;

    public bool TryReserve(IPAddress address, string mac)
    {
        _ = plugins.Get(driver).RequestAddress(id, address.ToString(), mac);
        return true;
    }

    public IPAddress? Allocate(string mac) => plugins.Get(driver).RequestAddress(id, "", mac);

    public void Restore(IPAddress address)
    {
    }

    public void Release(IPAddress address) => plugins.Get(driver).ReleaseAddress(id, address);
}
