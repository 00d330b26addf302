using System.Text;
using System.Text.Json;
using Gantry.Apps.Cli.CommandLine;

namespace Gantry.Apps.Cli.Commands.Plugins;

/// <summary>docker plugin set.</summary>
internal sealed class SetPluginCommand : Command
{
    public override async Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        await SetAsync(cli, arguments[0], arguments.Skip(1), cancellationToken);
        return 0;
    }

    /// <param name="settings"><c>KEY=VALUE</c>.</param>
    internal static Task SetAsync(Cli cli, string plugin, IEnumerable<string> settings, CancellationToken cancellationToken)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartArray();
            foreach (var setting in settings)
            {
                json.WriteStringValue(setting);
            }

            json.WriteEndArray();
        }

        return cli.Client.CallRawAsync("POST", $"/plugins/{Uri.EscapeDataString(plugin)}/set", cancellationToken, Encoding.UTF8.GetString(buffer.ToArray()));
    }
}
