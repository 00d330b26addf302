using System.Text;
using System.Text.Json;
using Gantry.Apps.Cli.CommandLine;
using Gantry.Apps.Cli.Formatting;

namespace Gantry.Apps.Cli.Commands.Checkpoints;

/// <summary>docker checkpoint create.</summary>
internal sealed class CreateCheckpointCommand(FlagSet flags) : Command
{
    private readonly Flag<string> _folder = flags.String("checkpoint-dir", "Use a custom checkpoint storage directory");
    private readonly Flag<bool> _leaveRunning = flags.Bool("leave-running", "Leave the container running after checkpoint");

    public override async Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("CheckpointID", arguments[1]);
            json.WriteString("CheckpointDir", _folder.Value);
            json.WriteBoolean("Exit", !_leaveRunning.Value);
            json.WriteEndObject();
        }

        await cli.Client.CallRawAsync("POST", $"/containers/{Uri.EscapeDataString(arguments[0])}/checkpoints", cancellationToken, Encoding.UTF8.GetString(buffer.ToArray()));
        cli.Out.WriteLine(arguments[1]);
        return 0;
    }
}

/// <summary>docker checkpoint ls.</summary>
internal sealed class ListCheckpointsCommand(FlagSet flags) : Command
{
    private readonly Flag<string> _folder = flags.String("checkpoint-dir", "Use a custom checkpoint storage directory");

    public override async Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var query = _folder.Value.Length > 0 ? "?dir=" + Uri.EscapeDataString(_folder.Value) : "";
        using var list = JsonDocument.Parse(await cli.Client.GetRawAsync($"/containers/{Uri.EscapeDataString(arguments[0])}/checkpoints{query}", cancellationToken));
        var names = list.RootElement.ValueKind == JsonValueKind.Array ? list.RootElement.EnumerateArray().Select(c => c.GetProperty("Name").GetString() ?? "") : [];
        RowWriter.Write(cli.Out, "table {{.Name}}", new Columns<string>("*checkpoint.checkpointContext", [new("Name", "CHECKPOINT NAME", n => n)]), names);
        return 0;
    }
}

/// <summary>docker checkpoint rm.</summary>
internal sealed class RemoveCheckpointCommand(FlagSet flags) : Command
{
    private readonly Flag<string> _folder = flags.String("checkpoint-dir", "Use a custom checkpoint storage directory");

    public override async Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var query = _folder.Value.Length > 0 ? "?dir=" + Uri.EscapeDataString(_folder.Value) : "";
        await cli.Client.CallRawAsync("DELETE", $"/containers/{Uri.EscapeDataString(arguments[0])}/checkpoints/{Uri.EscapeDataString(arguments[1])}{query}", cancellationToken);
        return 0;
    }
}
