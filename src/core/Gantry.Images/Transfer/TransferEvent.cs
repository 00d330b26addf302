using Gantry.Oci;

namespace Gantry.Images.Transfer;

/// <summary>One message of a pull or push, with what Docker's JSON stream has for it.</summary>
public sealed record TransferEvent
{
    /// <summary>What happens, in Docker's words; empty for a message that only carries <see cref="Pushed"/>.</summary>
    public string Status { get; init; } = string.Empty;

    /// <summary>Twelve digits of the layer, or the tag; null where Docker has no <c>id</c>.</summary>
    public string? Id { get; init; }

    /// <summary>The message has a <c>progressDetail</c> (an empty one when <see cref="Total"/> is 0).</summary>
    public bool HasDetail { get; init; }

    /// <summary>Bytes so far.</summary>
    public long Current { get; init; }

    /// <summary>Bytes in all; 0 when the message has no bar.</summary>
    public long Total { get; init; }

    /// <summary>The last message of a pushed tag: goes into <c>aux</c>.</summary>
    public PushedTag? Pushed { get; init; }

    internal static TransferEvent Plain(string status, string? id = null) => new() { Status = status, Id = id };

    internal static TransferEvent Layer(string id, string status) => new() { Status = status, Id = id, HasDetail = true };

    internal static TransferEvent Layer(string id, string status, long current, long total) =>
        new() { Status = status, Id = id, HasDetail = true, Current = current, Total = total };

    internal static TransferEvent Retrying(string id, TimeSpan wait)
    {
        var seconds = Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds));
        return Layer(id, $"Retrying in {seconds} second{(seconds == 1 ? string.Empty : "s")}");
    }
}

/// <param name="Size">Bytes of the manifest.</param>
public sealed record PushedTag(string Tag, Digest Digest, long Size);

/// <param name="ImageId">The image the name points to now.</param>
/// <param name="Digest">What the registry calls it: the digest of its index or manifest.</param>
/// <param name="Updated">False when it was here already.</param>
public sealed record PullResult(Digest ImageId, Digest Digest, bool Updated);
