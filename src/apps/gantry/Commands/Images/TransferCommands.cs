using Gantry.Apps.Cli.CommandLine;
using Gantry.Apps.Cli.Configuration;
using Gantry.Apps.Cli.Running;
using Gantry.Oci;
using Gantry.Terminal.Tty;

namespace Gantry.Apps.Cli.Commands.Images;

/// <summary>docker pull.</summary>
internal sealed class PullCommand(FlagSet flags) : Command
{
    private readonly Flag<bool> _allTags = flags.Bool("all-tags", "Download all tagged images in the repository", 'a');
    private readonly Flag<bool> _noTrust = flags.Bool("disable-content-trust", "Skip image verification", value: true);
    private readonly Flag<string> _platform = flags.String("platform", "Set platform if server is multi-platform capable");
    private readonly Flag<bool> _quiet = flags.Bool("quiet", "Suppress verbose output", 'q');

    public override async Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        ContentTrust.Check(_noTrust);
        var given = ImageReference.Parse(arguments[0]);
        if (_allTags.Value && !given.IsNameOnly)
        {
            throw new CliException("tag can't be used with --all-tags/-a", 1);
        }

        var reference = _allTags.Value ? given : given.WithDefaultTag();
        if (given.IsNameOnly && !_allTags.Value && !_quiet.Value)
        {
            cli.Out.WriteLine($"Using default tag: {reference.Tag}");
            cli.Out.Flush();
        }

        await ImagePuller.PullAsync(cli, reference, _platform, _quiet ? null : cli.Out, TerminalInfo.StandardOutput, cancellationToken);
        cli.Out.WriteLine(reference.ToString());
        return 0;
    }
}

/// <summary>docker push.</summary>
internal sealed class PushCommand(FlagSet flags) : Command
{
    private readonly Flag<bool> _allTags = flags.Bool("all-tags", "Push all tags of an image to the repository", 'a');
    private readonly Flag<string> _compression = flags.String("compression", "Send all layers in one form: \"gzip\", \"zstd\" or \"uncompressed\" (as they came, if unset)", own: true);
    private readonly Flag<string> _level = flags.String("compression-level", "Level of the compression (gzip: 1 to 9, zstd: 1 to 19)", own: true);
    private readonly Flag<bool> _noTrust = flags.Bool("disable-content-trust", "Skip image signing", value: true);
    private readonly Flag<string> _platform = flags.String(
        "platform",
        "Push a platform-specific manifest as a single-platform image to the registry.\nImage index won't be pushed, meaning that other manifests, including attestations won't be "
        + "preserved.\n'os[/arch[/variant]]': Explicit platform (eg. linux/amd64)",
        since: "1.46");

    private readonly Flag<bool> _quiet = flags.Bool("quiet", "Suppress verbose output", 'q');

    public override async Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        ContentTrust.Check(_noTrust);
        var platform = Platforms.ToJson(_platform, $"Invalid platform {_platform.Value}");
        var given = ImageReference.Parse(arguments[0]);
        if (_allTags.Value && !given.IsNameOnly)
        {
            throw new CliException("tag can't be used with --all-tags/-a", 1);
        }

        var reference = _allTags.Value ? given : given.WithDefaultTag();
        if (given.IsNameOnly && !_allTags.Value && !_quiet.Value)
        {
            cli.Out.WriteLine($"Using default tag: {reference.Tag}");
            cli.Out.Flush();
        }

        var compression = await CompressionAsync(cli, cancellationToken);
        var auth = await new CredentialStore(cli.Config).HeaderAsync(reference, cancellationToken);
        using var response = await cli.Client.PushImageAsync(reference.Name, reference.Tag, platform, compression, auth, cancellationToken);
        await ImagePuller.ShowAsync(response, _quiet ? null : cli.Out, TerminalInfo.StandardOutput, null, cancellationToken);
        if (_quiet.Value)
        {
            cli.Out.WriteLine(reference.ToString());
        }

        return 0;
    }

    /// <summary>Docker's engine would push without a word in the form that it likes.</summary>
    private async Task<(string Kind, string Level)?> CompressionAsync(Cli cli, CancellationToken cancellationToken)
    {
        if (_compression.Value.Length == 0 && _level.Value.Length == 0)
        {
            return null;
        }

        var engine = (await cli.Client.SystemVersionAsync(cancellationToken)).Platform?.Name ?? "";
        return engine.StartsWith("Gantry", StringComparison.Ordinal)
            ? (_compression.Value, _level.Value)
            : throw new CliException($"--compression and --compression-level need Gantry's engine, this one is \"{engine}\"", 1);
    }
}

/// <summary>docker save.</summary>
internal sealed class SaveCommand(FlagSet flags) : Command
{
    private readonly Flag<string> _output = flags.String("output", "Write to a file, instead of STDOUT", 'o');
    private readonly Flag<string> _platform = flags.String("platform", "Save only the given platform variant. Formatted as \"os[/arch[/variant]]\" (e.g., \"linux/amd64\")", since: "1.48");

    public override async Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        OutputFile.CheckNotTerminal(cli, _output, "failed to save image");
        using var archive = await cli.Client.SaveImagesAsync(arguments, Platforms.ToJson(_platform, "invalid platform: "), cancellationToken);
        await OutputFile.WriteAsync(cli, _output, archive.Body, "failed to save image", cancellationToken);
        return 0;
    }
}

/// <summary>docker load.</summary>
internal sealed class LoadCommand(FlagSet flags) : Command
{
    private readonly Flag<string> _input = flags.String("input", "Read from tar archive file, instead of STDIN", 'i');
    private readonly Flag<string> _platform = flags.String("platform", "Load only the given platform variant. Formatted as \"os[/arch[/variant]]\" (e.g., \"linux/amd64\")", since: "1.48");
    private readonly Flag<bool> _quiet = flags.Bool("quiet", "Suppress the load output", 'q');

    public override async Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        if (_input.Value.Length == 0 && cli.InputIsTerminal)
        {
            throw new CliException("requested load from stdin, but stdin is empty", 1);
        }

        await using var input = InputFile.Open(_input);
        using var response = await cli.Client.LoadImagesAsync(input, _quiet || !cli.OutIsTerminal, Platforms.ToJson(_platform, "invalid platform: "), cancellationToken);
        if (response.Head["Content-Type"]?.StartsWith("application/json", StringComparison.Ordinal) == true)
        {
            await ImagePuller.ShowAsync(response, cli.Out, TerminalInfo.StandardOutput, null, cancellationToken);
            return 0;
        }

        var buffer = new byte[4096];
        while (await response.Body.ReadAsync(buffer, cancellationToken) is var read and > 0)
        {
            cli.Out.WriteBytes(buffer.AsSpan(0, read));
        }

        return 0;
    }
}

/// <summary>docker import.</summary>
internal sealed class ImportCommand(FlagSet flags) : Command
{
    private readonly ListFlag<string> _changes = flags.List("change", "Apply Dockerfile instruction to the created image", 'c');
    private readonly Flag<string> _message = flags.String("message", "Set commit message for imported image", 'm');
    private readonly Flag<string> _platform = flags.String("platform", "Set platform if server is multi-platform capable");

    public override async Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var source = arguments[0];
        var isUrl = source.StartsWith("http://", StringComparison.Ordinal) || source.StartsWith("https://", StringComparison.Ordinal);
        var target = arguments.Count > 1 ? ImageReference.Parse(arguments[1]) : null;
        await using var input = isUrl ? null : InputFile.Open(source == "-" ? "" : source);
        using var response = await cli.Client.ImportImageAsync(
            isUrl ? source : "-",
            input,
            target is null ? null : arguments[1],
            null,
            _message,
            _changes.Values,
            _platform,
            cancellationToken);
        await ImagePuller.ShowAsync(response, cli.Out, TerminalInfo.StandardOutput, null, cancellationToken);
        return 0;
    }
}
