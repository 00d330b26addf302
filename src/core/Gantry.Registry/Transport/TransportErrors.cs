using Gantry.IO.Web;
using Gantry.Registry.Errors;

namespace Gantry.Registry.Transport;

/// <summary>Failures of registries' connections, with what was being done in front.</summary>
internal static class TransportErrors
{
    /// <summary>True for failures of the connection, as opposed to bugs.</summary>
    internal static bool IsTransport(Exception exception) => TransportFault.IsTransport(exception);

    /// <param name="prefix">What was being done, ending in <c>": "</c>, or empty.</param>
    internal static RegistryFailure Describe(string prefix, Exception exception)
    {
        var fault = TransportFault.Of(exception);
        return new RegistryFailure(prefix + fault.Message, exception) { IsDial = fault.IsDial, IsTls = fault.IsTls, IsTransient = fault.IsTransient };
    }

    internal static RegistryFailure Timeout(string prefix, Exception inner) =>
        new(prefix + "net/http: request canceled (Client.Timeout exceeded while awaiting headers)", inner) { IsTransient = true };

    internal static RegistryFailure Stalled(string prefix, Exception? inner = null) =>
        new(prefix + "net/http: request canceled (Client.Timeout exceeded while reading body)", inner) { IsTransient = true };
}
