using Gantry.Errors;

namespace Gantry.Build;

/// <summary>What steps of a build may ask for beyond the ordinary, as BuildKit names it: a Dockerfile alone can't take it.</summary>
/// <param name="NetworkHost"><c>network.host</c>: <c>RUN --network=host</c>.</param>
/// <param name="SecurityInsecure"><c>security.insecure</c>: <c>RUN --security=insecure</c>, all privileges.</param>
public sealed record BuildEntitlements(bool NetworkHost, bool SecurityInsecure)
{
    private const string Network = "network.host";
    private const string Security = "security.insecure";

    public static BuildEntitlements None { get; } = new(false, false);

    /// <summary>Those that a client gives its build.</summary>
    /// <param name="allowed">Those that the engine lets anyone give.</param>
    /// <exception cref="GantryException">InvalidArgument, in BuildKit's words: unknown, or not to be given here.</exception>
    public static BuildEntitlements Grant(IReadOnlyList<string> names, BuildEntitlements allowed)
    {
        if (names.FirstOrDefault(n => n is not (Network or Security)) is { } unknown)
        {
            throw GantryException.InvalidArgument($"unknown entitlement: {unknown}");
        }

        var granted = new BuildEntitlements(names.Contains(Network), names.Contains(Security));
        Check(granted.NetworkHost && !allowed.NetworkHost, Network);
        Check(granted.SecurityInsecure && !allowed.SecurityInsecure, Security);
        return granted;
    }

    /// <exception cref="GantryException">InvalidArgument, in BuildKit's words: steps ask for what the build was not given.</exception>
    public void Check(bool network, bool security)
    {
        if ((network && !NetworkHost) || (security && !SecurityInsecure))
        {
            throw GantryException.InvalidArgument($"failed to load LLB: {(network && !NetworkHost ? Network : Security)} is not allowed");
        }
    }

    private static void Check(bool isRefused, string name)
    {
        if (isRefused)
        {
            throw GantryException.InvalidArgument($"granting entitlement {name} is not allowed by build daemon configuration");
        }
    }
}
