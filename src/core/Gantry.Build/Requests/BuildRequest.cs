namespace Gantry.Build;

/// <summary>What <c>POST /build</c>, BuildKit's API and the CLI ask for. Exactly one of the contexts is set.</summary>
public sealed record BuildRequest
{
    /// <summary>The context as a tar, plain or compressed. Read to its end; stays the caller's.</summary>
    public Stream? ContextTar { get; init; }

    /// <summary>The context as a directory of this host; its <c>.dockerignore</c> is applied.</summary>
    public string? ContextDirectory { get; init; }

    /// <summary>The API's <c>remote</c>: a git repository, or the http(s) URL of a Dockerfile or of a tar.</summary>
    public string? Remote { get; init; }

    /// <summary>Files that the build's client hands over when they are needed.</summary>
    public ClientFiles? ClientFiles { get; init; }

    public BuildStyle Style { get; init; }

    /// <summary>What names stand for before stages and images are looked at.</summary>
    public IReadOnlyDictionary<string, NamedContext> NamedContexts { get; init; } = new Dictionary<string, NamedContext>();

    /// <summary>Path of the Dockerfile inside the context.</summary>
    public string Dockerfile { get; init; } = "Dockerfile";

    /// <summary>Names for the image, as the user wrote them.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>A null value declares the argument without a value.</summary>
    public IReadOnlyDictionary<string, string?> BuildArguments { get; init; } = new Dictionary<string, string?>();

    /// <summary>Added to the last stage built.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>Stage to end with: its name or number; empty for the last.</summary>
    public string Target { get; init; } = string.Empty;

    /// <summary>Also the stages before the target that it does not need, as the classic builder: one of them that fails ends the build.</summary>
    public bool AllStages { get; init; }

    public bool NoCache { get; init; }

    /// <summary>The time that images and their history show instead of the real one; null for that (reproducible-builds.org, SOURCE_DATE_EPOCH).</summary>
    public DateTimeOffset? Epoch { get; init; }

    /// <summary>Keeps the directories of <c>--mount=type=cache</c> apart from those of other builds; empty for none of its own.</summary>
    public string CacheNamespace { get; init; } = string.Empty;

    /// <summary>Names of the only stages that may not use the cache; empty for all where <see cref="NoCache"/> is set.</summary>
    public IReadOnlyList<string> NoCacheStages { get; init; } = [];

    /// <summary>Look for newer base images though some are here.</summary>
    public bool Pull { get; init; }

    /// <summary>Tell of (and do) the removal of a step's container after success. Containers of a failed step are kept by Docker; here nothing is left of them.</summary>
    public bool Remove { get; init; } = true;

    /// <summary>The same after a failure too.</summary>
    public bool ForceRemove { get; init; }

    /// <summary><c>os/arch[/variant]</c>, or empty for the host's.</summary>
    public string Platform { get; init; } = string.Empty;

    /// <summary>Images whose steps may be taken over when they match.</summary>
    public IReadOnlyList<string> CacheFrom { get; init; } = [];

    /// <summary>Always refused, in Docker's words.</summary>
    public bool Squash { get; init; }

    public StepSettings Steps { get; init; } = new();

    public BuildEntitlements Entitlements { get; init; } = BuildEntitlements.None;

    /// <summary>Contents for <c>RUN --mount=type=secret</c> by id.</summary>
    public IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Secrets { get; init; } = new Dictionary<string, ReadOnlyMemory<byte>>();

    /// <summary>Where base images come from for this build (with its caller's credentials); null for the service's own.</summary>
    public IImageProvider? Images { get; init; }
}
