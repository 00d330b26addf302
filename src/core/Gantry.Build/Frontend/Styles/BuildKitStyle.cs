using System.Text;
using Gantry.Build.Copying;
using Gantry.Dockerfile;
using Gantry.Errors;
using Gantry.Oci;

namespace Gantry.Build.Frontend.Styles;

/// <summary>The words of BuildKit's Dockerfile frontend.</summary>
internal sealed class BuildKitStyle : IImageStyle
{
    private const string Mark = " # buildkit";

    internal static BuildKitStyle Instance { get; } = new();

    public bool IsBuildKit => true;

    public string? Comment => "buildkit.dockerfile.v0";

    public bool NamesOrigin => false;

    public string AddressInCopy => "source can't be a URL for COPY";

    public string Config(IReadOnlyList<string> shell, string comment) => comment;

    public string Workdir(IReadOnlyList<string> shell, string path) => "WORKDIR " + path;

    public string Run(IReadOnlyList<string> cacheCommand) => "RUN " + string.Join(' ', cacheCommand) + Mark;

    public string Copy(IReadOnlyList<string> shell, CopySpec spec, string hash)
    {
        var text = new StringBuilder(spec.Keyword);
        text.Append(spec.Parents ? " --parents" : string.Empty);
        text.Append(spec.Chown.Length > 0 ? " --chown=" + spec.Chown : string.Empty);
        text.Append(spec.ShownMode.Length > 0 ? " --chmod=" + spec.ShownMode : string.Empty);
        foreach (var source in spec.Sources.Concat(spec.Inline.Select(i => "<<" + i.Name)))
        {
            text.Append(' ').Append(source);
        }

        return text.Append(' ').Append(spec.ShownDestination).Append(Mark).ToString();
    }

    public string Expose(IEnumerable<string> words, IEnumerable<string> ports) => "EXPOSE " + GoText.Plain(ports);

    public string Arguments(IEnumerable<KeyValue> written, IEnumerable<KeyValue> known) => "ARG " + string.Join(' ', known);

    public string HealthCheck(HealthCheckInstruction check)
    {
        var durations = check.Durations.Select(d => GoText.Quote(GoDuration.Format(d)));
        return $"HEALTHCHECK &{{{GoText.Quote(check.Test)} {string.Join(' ', durations)} {GoText.QuoteRune(check.Retries)}}}";
    }

    public Exception FromFailure(string reference, GantryException failure) => failure;

    public string MissingSource(string keyword, string path, bool isContext) =>
        $"failed to compute cache key: failed to calculate checksum of ref {Guid.NewGuid()}::{Guid.NewGuid():N}: {GoText.Quote("/" + path)}: not found";

    public Exception BaseFailure(string reference, string fullName, Exception failure) => failure is not GantryException e ? failure
        : !ImageReference.TryParse(reference, out _) ? new GantryException(e.Kind, $"failed to parse stage name {GoText.Quote(reference)}: {e.Message}", e)
        : new GantryException(e.Kind, $"{reference}: failed to resolve source metadata for {fullName}: {e.Message}", e);

    public string Failure(IReadOnlyList<string> command, int exitCode) =>
        $"process {GoText.Quote(string.Join(' ', command))} did not complete successfully: exit code: {exitCode}";
}
