using Gantry.Build.Files;
using Gantry.Build.Frontend.Styles;
using Gantry.Dockerfile;

namespace Gantry.Build.Copying;

/// <summary>A COPY or ADD with everything expanded.</summary>
internal sealed record CopySpec
{
    /// <summary>COPY or ADD, for messages.</summary>
    public required string Keyword { get; init; }

    /// <summary>Whose words failures are in.</summary>
    public IImageStyle Style { get; init; } = ClassicStyle.Instance;

    /// <summary>Paths and patterns in the source tree, and addresses, as written.</summary>
    public required IReadOnlyList<string> Sources { get; init; }

    /// <summary>Absolute; a trailing slash says that it is a directory.</summary>
    public required string Destination { get; init; }

    /// <summary>As written, for the history.</summary>
    public string ShownDestination { get; init; } = string.Empty;

    /// <summary><c>user[:group]</c>, or empty.</summary>
    public string Chown { get; init; } = string.Empty;

    public ModeChange? Mode { get; init; }

    /// <summary>The mode as written, for the history.</summary>
    public string ShownMode { get; init; } = string.Empty;

    /// <summary>True when the sources' owners are kept unless <see cref="Chown"/> is given.</summary>
    public bool KeepOwner { get; init; }

    /// <summary>Unpack local tars.</summary>
    public bool Unpack { get; init; }

    /// <summary>Unpack tars that are downloaded.</summary>
    public bool UnpackDownloads { get; init; }

    /// <summary>Keep the sources' parent directories.</summary>
    public bool Parents { get; init; }

    public IReadOnlyList<string> Exclude { get; init; } = [];

    /// <summary>Inline files: name and content.</summary>
    public IReadOnlyList<(string Name, string Content)> Inline { get; init; } = [];

    /// <summary>What of the sources does not come along.</summary>
    public Func<SourceFile, bool> LeftOut()
    {
        if (Exclude.Count == 0)
        {
            return _ => false;
        }

        var patterns = IgnoreFile.FromPatterns(Exclude);
        return file => patterns.IsIgnored(file.Path);
    }
}
