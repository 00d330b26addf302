using Gantry.Build.Copying;
using Gantry.Dockerfile;
using Gantry.Errors;

namespace Gantry.Build.Frontend.Styles;

/// <summary>The classic builder's words.</summary>
internal sealed class ClassicStyle : IImageStyle
{
    internal static ClassicStyle Instance { get; } = new();

    public bool IsBuildKit => false;

    public string? Comment => null;

    public bool NamesOrigin => true;

    public string AddressInCopy => "COPY failed: source can't be a URL for COPY";

    public string Config(IReadOnlyList<string> shell, string comment) => $"{string.Join(' ', shell)} #(nop)  {comment}";

    public string Workdir(IReadOnlyList<string> shell, string path) => $"{string.Join(' ', shell)} #(nop) WORKDIR {path}";

    public string Run(IReadOnlyList<string> cacheCommand) => string.Join(' ', cacheCommand);

    public string Copy(IReadOnlyList<string> shell, CopySpec spec, string hash)
    {
        var chown = spec.Chown.Length == 0 ? string.Empty : $"--chown={spec.Chown} ";
        return $"{string.Join(' ', shell)} #(nop) {spec.Keyword} {chown}{hash} in {spec.ShownDestination} ";
    }

    public string Expose(IEnumerable<string> words, IEnumerable<string> ports) => "EXPOSE " + string.Join(' ', words);

    public string Arguments(IEnumerable<KeyValue> written, IEnumerable<KeyValue> known) => "ARG " + string.Join(' ', written);

    public string HealthCheck(HealthCheckInstruction check) =>
        $"HEALTHCHECK &{{{GoText.Plain(check.Test)} {string.Join(' ', check.Durations.Select(GoDuration.Format))} {check.Retries}}}";

    public Exception FromFailure(string reference, GantryException failure) => new GantryException(failure.Kind, $"invalid from flag value {reference}: {failure.Message}", failure);

    public string MissingSource(string keyword, string path, bool isContext) =>
        $"{keyword} failed: {(isContext ? "file not found in build context or excluded by .dockerignore: " : string.Empty)}stat {path}: file does not exist";

    public Exception BaseFailure(string reference, string fullName, Exception failure) => failure;

    public string Failure(IReadOnlyList<string> command, int exitCode) => $"The command '{string.Join(' ', command)}' returned a non-zero code: {exitCode}";
}
