using Gantry.Oci;

namespace Gantry.Build;

/// <summary>A result in the build cache.</summary>
public sealed record CacheRecord
{
    public required string Id { get; init; }

    /// <summary>Ids of the records whose layers it was made on or from, as far as those are in the cache.</summary>
    public required IReadOnlyList<string> Parents { get; init; }

    /// <summary>One of <see cref="CacheRecordType"/>.</summary>
    public required string Type { get; init; }

    public required string Description { get; init; }

    /// <summary>The layers it keeps; empty for none.</summary>
    public required Digest ChainId { get; init; }

    /// <summary>Bytes that it added.</summary>
    public required long Size { get; init; }

    public required DateTimeOffset Created { get; init; }

    public required DateTimeOffset LastUsed { get; init; }

    public required long Uses { get; init; }

    /// <summary>A running build uses it.</summary>
    public bool InUse { get; init; }

    /// <summary>An image has its layer too: removing the record would free nothing.</summary>
    public bool Shared { get; init; }
}

/// <summary>The record types that BuildKit names, as far as there are such records here.</summary>
public static class CacheRecordType
{
    public const string Regular = "regular";
    public const string Internal = "internal";
    public const string CacheMount = "exec.cachemount";

    /// <summary>A folder of the client; rules name it, but here it is kept with the step that took its files.</summary>
    public const string Local = "source.local";

    /// <summary>A repository's working copy; rules name it, but here it ends with its build.</summary>
    public const string Git = "source.git.checkout";
}
