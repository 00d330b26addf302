using Gantry.Apps.Cli.CommandLine;
using Gantry.Apps.Cli.Formatting;
using Gantry.Apps.Cli.Inspecting;
using Gantry.Apps.Cli.Running;
using Gantry.Terminal.Units;

namespace Gantry.Apps.Cli.Commands;

/// <summary>docker inspect.</summary>
internal sealed class InspectCommand(FlagSet flags) : Command
{
    private readonly Flag<string> _format = flags.String("format", FormatHelp.Inspect, 'f');
    private readonly Flag<bool> _size = flags.Bool("size", "Display total file sizes if the type is container", 's');
    private readonly Flag<string> _type = flags.String("type", "Only inspect objects of the given type");

    public override Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        if (_type.Changed && _type.Value.Length == 0)
        {
            throw new CliException("type is empty: must be one of " + KindList(), 1);
        }

        if (_type.Value.Length > 0 && Array.IndexOf(ObjectFinder.Kinds, _type.Value) < 0)
        {
            throw new CliException($"unknown type: {Quoting.Quote(_type.Value)}: must be one of {KindList()}", 1);
        }

        return Inspector.RunAsync(cli, _format, arguments, name => _type.Value.Length > 0
            ? ObjectFinder.GetAsync(cli, _type.Value, name, _size, cancellationToken)
            : ObjectFinder.FindAsync(cli, name, _size, cancellationToken));
    }

    private static string KindList() => string.Join(", ", ObjectFinder.Kinds.Order(StringComparer.Ordinal).Select(Quoting.Quote));
}

/// <summary>docker container inspect.</summary>
internal sealed class InspectContainerCommand(FlagSet flags) : Command
{
    private readonly Flag<string> _format = flags.String("format", FormatHelp.Inspect, 'f');
    private readonly Flag<bool> _size = flags.Bool("size", "Display total file sizes", 's');

    public override Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
        Inspector.RunAsync(cli, _format, arguments, name => ObjectFinder.GetAsync(cli, "container", name, _size, cancellationToken));
}

/// <summary>docker image inspect.</summary>
internal sealed class InspectImageCommand(FlagSet flags) : Command
{
    private readonly Flag<string> _format = flags.String("format", FormatHelp.Inspect, 'f');
    private readonly Flag<string> _platform = flags.String(
        "platform",
        "Inspect a specific platform of the multi-platform image.\nIf the image or the server is not multi-platform capable, the command will error out if the platform "
        + "does not match.\n'os[/arch[/variant]]': Explicit platform (eg. linux/amd64)",
        since: "1.49");

    public override Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var platform = Platforms.ToJson(_platform);
        return Inspector.RunAsync(cli, _format, arguments, async name =>
            new Inspected("image.InspectResponse", await cli.Client.InspectImageRawAsync(name, platform, cancellationToken)));
    }
}

/// <summary>docker network inspect.</summary>
internal sealed class InspectNetworkCommand(FlagSet flags) : Command
{
    private readonly Flag<string> _format = flags.String("format", FormatHelp.Inspect, 'f');
    private readonly Flag<bool> _verbose = flags.Bool("verbose", "Verbose output for diagnostics", 'v');

    public override Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
        Inspector.RunAsync(cli, _format, arguments, async name =>
            new Inspected("network.Inspect", await cli.Client.InspectNetworkRawAsync(name, _verbose, null, cancellationToken)));
}

/// <summary>docker volume inspect.</summary>
internal sealed class InspectVolumeCommand(FlagSet flags) : Command
{
    private readonly Flag<string> _format = flags.String("format", FormatHelp.Inspect, 'f');

    public override Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
        Inspector.RunAsync(cli, _format, arguments, async name => new Inspected("volume.Volume", await cli.Client.InspectVolumeRawAsync(name, cancellationToken)));
}
