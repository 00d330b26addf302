using System.Globalization;
using System.Text;
using Gantry.Apps.Cli.CommandLine;
using Gantry.Terminal.Tables;

namespace Gantry.Apps.Cli.Commands.Containers;

/// <summary>docker top.</summary>
internal sealed class TopCommand : Command
{
    public override async Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var processes = await cli.Client.TopContainerAsync(arguments[0], [.. arguments.Skip(1)], cancellationToken);
        var text = new StringBuilder().AppendJoin('\t', processes.Titles ?? []).Append('\n');
        foreach (var process in processes.Processes ?? [])
        {
            text.AppendJoin('\t', process).Append('\n');
        }

        cli.Out.Write(TabWriter.Format(text.ToString(), minimumWidth: 20));
        return 0;
    }
}

/// <summary>docker diff.</summary>
internal sealed class DiffCommand : Command
{
    private static readonly string[] s_kinds = ["C", "A", "D"];

    public override async Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        foreach (var change in await cli.Client.ContainerChangesAsync(arguments[0], cancellationToken))
        {
            var kind = change.Kind is >= 0 and <= 2 ? s_kinds[(int)change.Kind.Value] : "";
            cli.Out.WriteLine($"{kind} {change.Path}");
        }

        return 0;
    }
}

/// <summary>docker port.</summary>
internal sealed class PortCommand : Command
{
    public override async Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var container = await cli.Client.InspectContainerAsync(arguments[0], cancellationToken);
        var ports = container.NetworkSettings?.Ports ?? [];
        var lines = arguments is [_, { Length: > 0 }, ..] ? OfPort(arguments[0], arguments[1], ports) : All(ports);
        foreach (var line in lines)
        {
            cli.Out.WriteLine(line);
        }

        return 0;
    }

    private static IEnumerable<string> All(Dictionary<string, List<Api.PortBinding>?> ports) =>
        ports.SelectMany(p => (p.Value ?? []).Select(binding => (Port: p.Key, Text: $"{p.Key} -> {Address(binding)}")))
            .OrderBy(p => p.Text, Formatting.NaturalOrder.Instance)
            .Select(p => p.Text);

    private static IEnumerable<string> OfPort(string container, string port, Dictionary<string, List<Api.PortBinding>?> ports)
    {
        var slash = port.IndexOf('/', StringComparison.Ordinal);
        var (number, protocol) = slash < 0 || slash == port.Length - 1 ? (port.TrimEnd('/'), "tcp") : (port[..slash], port[(slash + 1)..]);
        if (!ushort.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out _))
        {
            var why = number.Length > 0 && number.All(char.IsAsciiDigit) ? "value out of range" : "invalid syntax";
            throw new CliException($"Error: invalid port ({number}): strconv.ParseUint: parsing {Terminal.Units.Quoting.Quote(number)}: {why}", 1);
        }

        return ports.GetValueOrDefault($"{number}/{protocol}") is { Count: > 0 } bindings
            ? bindings.Select(Address)
            : throw new CliException($"Error: No public port '{port}' published for {container}", 1);
    }

    private static string Address(Api.PortBinding binding)
    {
        var ip = binding.HostIp ?? "";
        return ip.Contains(':', StringComparison.Ordinal) ? $"[{ip}]:{binding.HostPort}" : $"{ip}:{binding.HostPort}";
    }
}

/// <summary>docker commit.</summary>
internal sealed class CommitCommand(FlagSet flags) : Command
{
    private readonly Flag<string> _author = flags.String("author", "Author (e.g., \"John Hannibal Smith <hannibal@a-team.com>\")", 'a');
    private readonly ListFlag<string> _changes = flags.List("change", "Apply Dockerfile instruction to the created image", 'c');
    private readonly Flag<string> _message = flags.String("message", "Commit message", 'm');
    private readonly Flag<bool> _pause = flags.Bool("pause", "Pause container during commit", 'p', value: true);

    public override async Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var target = arguments.Count > 1 && arguments[1].Length > 0 ? Oci.ImageReference.Parse(arguments[1]) : null;
        if (target is { Digest.IsEmpty: false })
        {
            throw new CliException("cannot commit to digest reference", 1);
        }

        var named = target?.WithDefaultTag();
        var image = await cli.Client.CommitContainerAsync(
            arguments[0], named?.FamiliarName, named?.Tag, _message, _author, _changes.Values, _pause, cancellationToken);
        cli.Out.WriteLine(image.Id ?? "");
        return 0;
    }
}

/// <summary>docker export.</summary>
internal sealed class ExportCommand(FlagSet flags) : Command
{
    private readonly Flag<string> _output = flags.String("output", "Write to a file, instead of STDOUT", 'o');

    public override async Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        OutputFile.CheckNotTerminal(cli, _output, "failed to export container");
        using var archive = await cli.Client.ExportContainerAsync(arguments[0], cancellationToken);
        await OutputFile.WriteAsync(cli, _output, archive.Body, "failed to export container", cancellationToken);
        return 0;
    }
}
