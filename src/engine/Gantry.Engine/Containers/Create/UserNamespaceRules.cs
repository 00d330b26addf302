using Gantry.Api;
using Gantry.Engine.Settings;
using Gantry.Errors;

namespace Gantry.Engine.Containers.Create;

/// <summary>What a container in a user namespace of its own can't share with the host.</summary>
internal static class UserNamespaceRules
{
    /// <exception cref="GantryException">InvalidArgument in Docker's words.</exception>
    internal static void Check(HostConfig host, EngineSettings settings)
    {
        if (settings.Ids is null || host.UsernsMode == "host")
        {
            return;
        }

        if (host.Privileged == true)
        {
            throw GantryException.InvalidArgument(
                "privileged mode is incompatible with user namespaces.  You must run the container in the host namespace when running privileged mode");
        }

        if (host.NetworkMode == "host")
        {
            throw GantryException.InvalidArgument("cannot share the host's network namespace when user namespaces are enabled");
        }

        if (host.PidMode == "host")
        {
            throw GantryException.InvalidArgument("cannot share the host PID namespace when user namespaces are enabled");
        }
    }
}
