using Gantry.Oci;

namespace Gantry.Build;

/// <summary>Finds base images: in the image store or, by pulling, in a registry.</summary>
public interface IImageProvider
{
    /// <summary>Makes sure the image is in the image store, unpacked, and returns its id.</summary>
    /// <param name="reference">As the Dockerfile says it: name, id or id prefix.</param>
    /// <param name="platform">Null for the host's.</param>
    /// <exception cref="Errors.GantryException">It can't be had; in the words of <c>docker pull</c>.</exception>
    Task<Digest> EnsureAsync(
        string reference, Platform? platform, PullPolicy policy, IProgress<PullStatus> progress, CancellationToken cancellationToken);
}

public enum PullPolicy
{
    Missing,
    Always,
}

/// <summary>One message of a pull, as Docker's JSON stream has it.</summary>
/// <param name="Id">Layer or tag the message is about, or empty.</param>
/// <param name="Total">0 when there is no bar.</param>
public sealed record PullStatus(string Id, string Status, long Current, long Total);
