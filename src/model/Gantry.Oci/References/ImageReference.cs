using System.Diagnostics.CodeAnalysis;
using Gantry.Errors;

namespace Gantry.Oci;

/// <summary>
/// A normalised image reference <c>domain/path[:tag][@digest]</c> with Docker's short forms resolved:
/// <c>busybox</c> is <c>docker.io/library/busybox</c>. Grammar: distribution's reference package.
/// </summary>
public sealed record ImageReference
{
    public const string DefaultDomain = "docker.io";
    public const string DefaultTag = "latest";
    private const string LibraryPrefix = "library/";

    private ImageReference(string domain, string path, string? tag, Digest digest)
    {
        Domain = domain;
        Path = path;
        Tag = tag;
        Digest = digest;
    }

    /// <summary>Registry host with optional port, lower case for Docker Hub: <c>docker.io</c>, <c>127.0.0.1:5001</c>.</summary>
    public string Domain { get; }

    /// <summary>Repository inside the registry: <c>library/busybox</c>.</summary>
    public string Path { get; }

    public string? Tag { get; private init; }

    /// <summary>Empty unless the reference has <c>@digest</c>.</summary>
    public Digest Digest { get; private init; }

    /// <summary>Full name without tag and digest: <c>docker.io/library/busybox</c>.</summary>
    public string Name => $"{Domain}/{Path}";

    /// <summary>Name as Docker shows it: <c>busybox</c>, <c>user/app</c>, <c>127.0.0.1:5001/app</c>.</summary>
    public string FamiliarName => Domain != DefaultDomain ? Name
        : Path.StartsWith(LibraryPrefix, StringComparison.Ordinal) && Path.IndexOf('/', LibraryPrefix.Length) < 0 ? Path[LibraryPrefix.Length..]
        : Path;

    /// <summary>As Docker shows it, with tag and digest where present.</summary>
    public string Familiar => FamiliarName + Suffix;

    public bool IsNameOnly => Tag is null && Digest.IsEmpty;

    private string Suffix => (Tag is null ? string.Empty : ":" + Tag) + (Digest.IsEmpty ? string.Empty : "@" + Digest);

    /// <exception cref="GantryException">InvalidArgument with Docker's text.</exception>
    public static ImageReference Parse(string text)
    {
        var error = ReferenceGrammar.TryParse(text, out var parts);
        return error is null
            ? new ImageReference(parts.Domain, parts.Path, parts.Tag, parts.Digest)
            : throw GantryException.InvalidArgument(error);
    }

    public static bool TryParse(string text, [NotNullWhen(true)] out ImageReference? reference)
    {
        reference = ReferenceGrammar.TryParse(text, out var parts) is null ? new ImageReference(parts.Domain, parts.Path, parts.Tag, parts.Digest) : null;
        return reference is not null;
    }

    /// <summary>Adds <c>:latest</c> when neither tag nor digest is given.</summary>
    public ImageReference WithDefaultTag() => IsNameOnly ? this with { Tag = DefaultTag } : this;

    /// <summary>The same repository at another tag, without digest.</summary>
    /// <exception cref="GantryException">InvalidArgument: the tag is malformed.</exception>
    public ImageReference WithTag(string tag) => ReferenceGrammar.IsTag(tag)
        ? this with { Tag = tag, Digest = default }
        : throw GantryException.InvalidArgument("invalid tag format");

    /// <summary>The same repository at a digest, without tag.</summary>
    public ImageReference WithDigest(Digest digest) => this with { Tag = null, Digest = digest };

    public override string ToString() => Name + Suffix;
}
