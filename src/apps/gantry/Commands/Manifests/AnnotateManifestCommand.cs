using System.Collections.Frozen;
using Gantry.Apps.Cli.CommandLine;
using Gantry.Apps.Cli.Manifests;
using Gantry.Oci;

namespace Gantry.Apps.Cli.Commands.Manifests;

/// <summary>docker manifest annotate.</summary>
internal sealed class AnnotateManifestCommand(FlagSet flags) : Command
{
    /// <summary>What docker lets a list say.</summary>
    private static readonly FrozenSet<string> s_platforms = new[]
    {
        "darwin/386", "darwin/amd64", "darwin/arm", "darwin/arm64", "dragonfly/amd64", "freebsd/386", "freebsd/amd64", "freebsd/arm", "linux/386",
        "linux/amd64", "linux/arm", "linux/arm64", "linux/mips64", "linux/mips64le", "linux/ppc64le", "linux/riscv64", "linux/s390x", "netbsd/386",
        "netbsd/amd64", "netbsd/arm", "openbsd/386", "openbsd/amd64", "openbsd/arm", "plan9/386", "plan9/amd64", "solaris/amd64", "windows/386",
        "windows/amd64",
    }.ToFrozenSet(StringComparer.Ordinal);

    private readonly Flag<string> _architecture = flags.String("arch", "Set architecture");
    private readonly Flag<string> _os = flags.String("os", "Set operating system");
    private readonly ListFlag<string> _features = flags.Strings("os-features", "Set operating system feature");
    private readonly Flag<string> _osVersion = flags.String("os-version", "Set operating system version");
    private readonly Flag<string> _variant = flags.String("variant", "Set architecture variant");

    public override Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var list = ManifestNames.Parse(arguments[0], "annotate: error parsing name for manifest list");
        var image = ManifestNames.Parse(arguments[1], "annotate: error parsing name for manifest");
        var store = new ManifestStore(cli.Config.Folder);
        var manifest = store.Find(list, image) ?? throw new CliException($"manifest for image {arguments[1]} does not exist in {arguments[0]}", 1);
        var platform = Change(manifest.Descriptor.Platform ?? new Platform());
        if (!s_platforms.Contains($"{platform.Os}/{platform.Architecture}"))
        {
            throw new CliException($"manifest entry for image has unsupported os/arch combination: {_os.Value}/{_architecture.Value}", 1);
        }

        store.Save(list, manifest with { Descriptor = manifest.Descriptor with { Platform = platform } }, image);
        return Task.FromResult(0);
    }

    private Platform Change(Platform platform) => platform with
    {
        Os = Or(_os, platform.Os)!,
        Architecture = Or(_architecture, platform.Architecture)!,
        OsVersion = Or(_osVersion, platform.OsVersion),
        OsFeatures = _features.Values.Count == 0 ? platform.OsFeatures : [.. (platform.OsFeatures ?? []).Concat(_features.Values).Distinct()],
        Variant = Or(_variant, platform.Variant),
    };

    private static string? Or(Flag<string> flag, string? present) => flag.Value.Length > 0 ? flag.Value : present;
}
