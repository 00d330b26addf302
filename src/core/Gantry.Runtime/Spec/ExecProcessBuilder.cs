using Gantry.Api;
using Gantry.Errors;
using Gantry.Oci;

namespace Gantry.Runtime.Spec;

/// <summary>The process that <c>exec</c> adds to a running container: confined as the container's own unless told otherwise.</summary>
public static class ExecProcessBuilder
{
    /// <summary>Throws InvalidArgument when the request has no command or a bad environment.</summary>
    /// <param name="exec">The request.</param>
    /// <param name="config">The container's configuration.</param>
    /// <param name="container">The process of the container's <c>config.json</c>.</param>
    /// <param name="user">For a request with a <c>User</c> (see <see cref="UserResolver"/>); null keeps the container's.</param>
    /// <param name="host">The host's facts.</param>
    /// <param name="fromEngine">Variables that the engine adds to the container's own.</param>
    public static RuntimeProcess Build(
        ExecCreateRequest exec, ContainerConfig config, RuntimeProcess container, RuntimeUser? user, HostFacts host, IEnumerable<string>? fromEngine = null)
    {
        if (exec.Cmd is not { Count: > 0 })
        {
            throw GantryException.InvalidArgument("No exec command specified");
        }

        ContainerEnvironment.Check(exec.Env);
        var terminal = exec.Tty == true;
        var environment = ContainerEnvironment.Build(config.Hostname, terminal, fromEngine ?? [], config.Env);
        return container with
        {
            Args = exec.Cmd,
            Env = ContainerEnvironment.Merge(environment, exec.Env ?? []),
            Cwd = !string.IsNullOrEmpty(exec.WorkingDir) ? exec.WorkingDir : container.Cwd,
            Terminal = terminal ? true : null,
            ConsoleSize = terminal ? ProcessSpec.Console(exec.ConsoleSize) : null,
            User = user ?? container.User,
            Capabilities = exec.Privileged == true ? CapabilitySet.ToSets(host.Capabilities) : container.Capabilities,
            ApparmorProfile = exec.Privileged == true && container.ApparmorProfile is not null ? "unconfined" : container.ApparmorProfile,
        };
    }
}
