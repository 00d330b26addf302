using Gantry.Api;
using Gantry.Errors;
using Gantry.Oci;

namespace Gantry.Runtime.Spec;

/// <summary>Devices that a driver puts into a container (<c>--device vendor/class=name</c>, <c>--gpus</c>). The one driver there is is CDI's.</summary>
internal static class DeviceRequests
{
    private const string CdiDriver = "cdi";

    /// <exception cref="GantryException">Internal in Docker's words: no such driver or device. InvalidArgument: a request that makes no sense.</exception>
    internal static RuntimeSpec Apply(RuntimeSpec spec, IEnumerable<DeviceRequest>? requests, CdiDevices? devices)
    {
        foreach (var request in requests ?? [])
        {
            if (request.Driver != CdiDriver || devices is null)
            {
                var wanted = string.Join(" ", (request.Capabilities ?? []).Select(set => $"[{string.Join(" ", set)}]"));
                throw GantryException.Internal($"could not select device driver \"{request.Driver}\" with capabilities: [{wanted}]");
            }

            if (request.Count is not (null or 0))
            {
                throw GantryException.Internal("unexpected count in CDI device request");
            }

            if (request.Options is { Count: > 0 })
            {
                throw GantryException.Internal("unexpected options in CDI device request");
            }

            if (request.DeviceIDs is { Count: > 0 } names)
            {
                spec = devices.Inject(spec, names);
            }
        }

        return spec;
    }
}
