using Gantry.Apps.Cli.CommandLine;
using Gantry.Apps.Cli.Formatting;
using Gantry.Apps.Cli.Inspecting;
using Gantry.Errors;

namespace Gantry.Apps.Cli.Commands.Swarm;

/// <summary>
/// A command for a swarm's manager that this program can't carry out: an engine that is none says so in its own words, one that is gets ours.
/// </summary>
internal sealed class SwarmManagerCommand(string path, FlagSet flags) : Command
{
    public override async Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        SwarmArguments.Check(path, cli.Path, flags, arguments);
        try
        {
            await AskAsync(cli, arguments.Count > 0 ? Uri.EscapeDataString(arguments[0].Split('=')[0]) : "", cancellationToken);
        }
        catch (GantryException e) when (path == "swarm unlock-key")
        {
            throw new CliException($"could not fetch unlock key: {e.Message}", 1);
        }
        catch (GantryException e) when (path == "service scale")
        {
            throw new CliException(string.Join('\n', arguments.Select(a => $"{a.Split('=')[0]}: {e.Message}")), 1);
        }

        throw new CliException($"'{cli.Path}' is not implemented yet: this program can't manage a swarm", 1);
    }

    private static string Filter(string key, string value)
    {
        var filters = new Client.Api.Filters();
        filters.Add(key, value);
        return "?filters=" + Uri.EscapeDataString(filters.ToJson() ?? "");
    }

    /// <summary>What docker asks first; only a manager answers.</summary>
    private async Task AskAsync(Cli cli, string name, CancellationToken cancellationToken)
    {
        if (path == "node ps")
        {
            await cli.Client.GetRawAsync("/info", cancellationToken);
        }

        await cli.Client.GetRawAsync(
            path switch
            {
                "swarm unlock-key" => "/swarm/unlockkey",
                "service ls" => flags.Find("quiet")!.Changed ? "/services" : "/services?status=true",
                "service ps" => "/services" + Filter("id", name),
                "stack ls" => "/services" + Filter("label", "com.docker.stack.namespace"),
                "stack rm" => "/services" + Filter("label", "com.docker.stack.namespace=" + name),
                "stack services" => $"/services{Filter("label", "com.docker.stack.namespace=" + name)}&status=true",
                "stack ps" => "/tasks" + Filter("label", "com.docker.stack.namespace=" + name),
                "service logs" or "service update" or "service rollback" or "service scale" => $"/services/{name}?insertDefaults=false",
                "node update" or "node promote" or "node demote" => $"/nodes/{name}",
                "node ps" or "node ls" => "/nodes",
                "secret ls" => "/secrets",
                "config ls" => "/configs",
                _ => path.StartsWith("swarm ", StringComparison.Ordinal) ? "/swarm" : "/services",
            },
            cancellationToken);
    }
}

/// <summary>docker swarm init and join: only where the engine refuses them, too.</summary>
internal sealed class EnterSwarmCommand(string path) : Command
{
    public override async Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        using var info = System.Text.Json.JsonDocument.Parse(await cli.Client.SystemInfoRawAsync(cancellationToken));
        var state = info.RootElement.TryGetProperty("Swarm", out var swarm) && swarm.TryGetProperty("LocalNodeState", out var value) ? value.GetString() : null;
        throw new CliException(
            state is null or "" or "inactive"
                ? $"{cli.Program} {path}: swarm mode is not implemented yet"
                : "Error response from daemon: This node is already part of a swarm. Use \"docker swarm leave\" to leave this swarm and join another one.",
            1);
    }
}

/// <summary>docker config, node, secret and service inspect.</summary>
internal sealed class InspectSwarmObjectsCommand(FlagSet flags, string kind) : Command
{
    private readonly Flag<string> _format = flags.String("format", FormatHelp.Inspect, 'f');
    private readonly Flag<bool> _pretty = flags.Bool("pretty", "Print the information in a human friendly format");

    public override async Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        if (_pretty.Value && _format.Value.Length > 0)
        {
            throw new CliException("--format is incompatible with human friendly format", 1);
        }

        if (_pretty.Value)
        {
            // The engine's word first: without a swarm there is nothing that could be printed prettily.
            await Task.WhenAll(arguments.Select(name => ObjectFinder.GetAsync(cli, kind, name, size: false, cancellationToken)));
            throw new CliException("--pretty is not implemented yet", 1);
        }

        return await Inspector.RunAsync(cli, _format, arguments, async name =>
            await ObjectFinder.GetAsync(cli, kind, name == "self" && kind == "node" ? await SelfAsync(cli, cancellationToken) : name, size: false, cancellationToken));
    }

    private static async Task<string> SelfAsync(Cli cli, CancellationToken cancellationToken)
    {
        var id = (await cli.Client.SystemInfoAsync(cancellationToken)).Swarm?.NodeID;
        if (string.IsNullOrEmpty(id))
        {
            await cli.Client.GetRawAsync("/nodes", cancellationToken);
        }

        return id ?? "";
    }
}

/// <summary>docker config, secret and service rm.</summary>
internal sealed class RemoveSwarmObjectsCommand(string kind) : Command
{
    public override Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
        Each.InTurnAsync(cli, arguments, name => cli.Client.CallRawAsync("DELETE", $"/{kind}s/{Uri.EscapeDataString(name)}", cancellationToken));
}

/// <summary>docker node rm.</summary>
internal sealed class RemoveNodesCommand(FlagSet flags) : Command
{
    private readonly Flag<bool> _force = flags.Bool("force", "Force remove a node from the swarm", 'f');

    public override Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
        Each.InTurnAsync(cli, arguments, name => cli.Client.CallRawAsync("DELETE", $"/nodes/{Uri.EscapeDataString(name)}{(_force.Value ? "?force=1" : "")}", cancellationToken));
}

/// <summary>docker swarm leave.</summary>
internal sealed class LeaveSwarmCommand(FlagSet flags) : Command
{
    private readonly Flag<bool> _force = flags.Bool("force", "Force this node to leave the swarm, ignoring warnings", 'f');

    public override async Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        await cli.Client.CallRawAsync("POST", $"/swarm/leave{(_force.Value ? "?force=1" : "")}", cancellationToken);
        cli.Out.WriteLine("Node left the swarm.");
        return 0;
    }
}

/// <summary>docker swarm join-token, without --rotate.</summary>
internal sealed class JoinTokenCommand(FlagSet flags) : Command
{
    private readonly Flag<bool> _quiet = flags.Bool("quiet", "Only display token", 'q');
    private readonly Flag<bool> _rotate = flags.Bool("rotate", "Rotate join token");

    public override async Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        if (arguments[0] is not ("worker" or "manager"))
        {
            throw new CliException($"unknown role {arguments[0]}", 1);
        }

        using var swarm = System.Text.Json.JsonDocument.Parse(await cli.Client.GetRawAsync("/swarm", cancellationToken));
        if (_rotate.Value || !_quiet.Value)
        {
            throw new CliException($"'{cli.Path}' is not implemented yet without --quiet or with --rotate", 1);
        }

        cli.Out.WriteLine(swarm.RootElement.GetProperty("JoinTokens").GetProperty(arguments[0] == "worker" ? "Worker" : "Manager").GetString() ?? "");
        return 0;
    }
}

/// <summary>docker swarm unlock.</summary>
internal sealed class UnlockSwarmCommand : Command
{
    public override async Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var state = (await cli.Client.SystemInfoAsync(cancellationToken)).Swarm?.LocalNodeState?.ToString();
        throw new CliException(
            string.IsNullOrEmpty(state) || string.Equals(state, "inactive", StringComparison.OrdinalIgnoreCase) ? "Error: This node is not part of a swarm"
                : string.Equals(state, "locked", StringComparison.OrdinalIgnoreCase) ? $"'{cli.Path}' is not implemented yet"
                : "Error: swarm is not locked",
            1);
    }
}
