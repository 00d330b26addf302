using Gantry.Build.Copying;
using Gantry.Dockerfile;
using Gantry.Errors;

namespace Gantry.Build.Frontend.Styles;

/// <summary>What depends on the builder a client believes to talk to: an image's history, the text of failures, and what some instructions mean.</summary>
internal interface IImageStyle
{
    /// <summary>Instructions mean what they mean to BuildKit, where the two builders differ (docs/design/builder.md, "The two builders").</summary>
    bool IsBuildKit { get; }

    /// <summary>The comment of a step's record in the history, or null.</summary>
    string? Comment { get; }

    /// <summary>True when images say which image they come from and which engine built them, as the classic builder's do.</summary>
    bool NamesOrigin { get; }

    /// <summary>What created a step's record, of one that only changes the configuration.</summary>
    string Config(IReadOnlyList<string> shell, string comment);

    string Workdir(IReadOnlyList<string> shell, string path);

    string Run(IReadOnlyList<string> cacheCommand);

    /// <param name="hash">What the sources come to.</param>
    string Copy(IReadOnlyList<string> shell, CopySpec spec, string hash);

    string Expose(IEnumerable<string> words, IEnumerable<string> ports);

    /// <param name="written">The arguments with their defaults.</param>
    /// <param name="known">The same with the values they have.</param>
    string Arguments(IEnumerable<KeyValue> written, IEnumerable<KeyValue> known);

    string HealthCheck(HealthCheckInstruction check);

    /// <summary>The failure of a <c>--from</c> that names an image that can't be had.</summary>
    Exception FromFailure(string reference, GantryException failure);

    /// <summary>The text of a RUN's failure.</summary>
    string Failure(IReadOnlyList<string> command, int exitCode);

    /// <summary>The text for a COPY of a URL.</summary>
    string AddressInCopy { get; }

    /// <summary>The text for a COPY or ADD whose source isn't there.</summary>
    string MissingSource(string keyword, string path, bool isContext);

    /// <summary>The failure of a base image that can't be had.</summary>
    Exception BaseFailure(string reference, string fullName, Exception failure);

    static IImageStyle Of(BuildStyle style) => style == BuildStyle.BuildKit ? BuildKitStyle.Instance : ClassicStyle.Instance;
}
