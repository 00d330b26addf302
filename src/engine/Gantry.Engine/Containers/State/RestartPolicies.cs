using Gantry.Api;
using Gantry.Errors;

namespace Gantry.Engine.Containers.State;

/// <summary>Docker's restart policies: whether to start an ended container again, and after how long.</summary>
internal static class RestartPolicies
{
    private static readonly TimeSpan s_first = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_longest = TimeSpan.FromMinutes(1);

    /// <summary>A run of this length counts as healthy: the next wait is the first one again.</summary>
    private static readonly TimeSpan s_healthy = TimeSpan.FromSeconds(10);

    /// <exception cref="GantryException">InvalidArgument in Docker's words.</exception>
    internal static void Validate(RestartPolicy? policy)
    {
        var retries = policy?.MaximumRetryCount ?? 0;
        switch (policy?.Name ?? string.Empty)
        {
            case "always" or "unless-stopped" or "no" when retries < 0:
                throw GantryException.InvalidArgument("invalid restart policy: maximum retry count cannot be used with restart policy '"
                    + policy!.Name + "' and cannot be negative");
            case "always" or "unless-stopped" or "no" when retries != 0:
                throw GantryException.InvalidArgument($"invalid restart policy: maximum retry count can only be used with 'on-failure'");
            case "on-failure" when retries < 0:
                throw GantryException.InvalidArgument("invalid restart policy: maximum retry count cannot be negative");
            case "" when retries != 0:
                throw GantryException.InvalidArgument("invalid restart policy: maximum retry count can only be used with 'on-failure'");
            case "" or "no" or "always" or "unless-stopped" or "on-failure":
                return;
            default:
                throw GantryException.InvalidArgument(
                    $"invalid restart policy: unknown policy '{policy!.Name}'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'");
        }
    }

    internal static bool IsSet(RestartPolicy? policy) => policy?.Name is "always" or "unless-stopped" or "on-failure";

    /// <summary>After an exit that nobody asked for.</summary>
    internal static bool ShouldRestart(RestartPolicy? policy, int exitCode, int restartsSoFar) => policy?.Name switch
    {
        "always" or "unless-stopped" => true,
        "on-failure" => exitCode != 0 && ((policy.MaximumRetryCount ?? 0) == 0 || restartsSoFar < policy.MaximumRetryCount),
        _ => false,
    };

    /// <summary>When the engine starts: <c>always</c> brings back even what a user had stopped.</summary>
    internal static bool ShouldStartAtBoot(RestartPolicy? policy, ContainerStateRecord state) => policy?.Name switch
    {
        "always" => state.StartedBefore,
        "unless-stopped" => state.StartedBefore && !state.StoppedByUser,
        "on-failure" => state.StartedBefore && !state.StoppedByUser && ShouldRestart(policy, state.ExitCode, state.RestartCount),
        _ => false,
    };

    /// <summary>The wait after <paramref name="previous"/>, given how long the container ran.</summary>
    internal static TimeSpan NextDelay(TimeSpan previous, TimeSpan ran) =>
        previous == TimeSpan.Zero || ran >= s_healthy ? s_first
        : previous + previous > s_longest ? s_longest
        : previous + previous;
}
