using System.Text.Json;
using Gantry.Apps.Cli.CommandLine;

namespace Gantry.Apps.Cli.Commands.Plugins;

/// <summary>What a plugin in a registry needs beyond an ordinary container, and whether its user grants it.</summary>
internal static class PluginGrant
{
    /// <summary>Asks, unless nothing is needed or everything is granted beforehand.</summary>
    /// <param name="shown">The plugin's name as the user gave it.</param>
    /// <returns>The privileges as JSON, for the engine.</returns>
    /// <exception cref="CliException">The user declined.</exception>
    public static async Task<ReadOnlyMemory<byte>> AskAsync(Cli cli, string remote, string shown, bool grantAll, string? auth, CancellationToken cancellationToken)
    {
        var privileges = await cli.Client.PluginPrivilegesRawAsync(remote, auth, cancellationToken);
        using var document = JsonDocument.Parse(privileges);
        if (grantAll || document.RootElement.ValueKind != JsonValueKind.Array || document.RootElement.GetArrayLength() == 0)
        {
            return privileges;
        }

        cli.Out.WriteLine($"Plugin \"{shown}\" is requesting the following privileges:");
        foreach (var privilege in document.RootElement.EnumerateArray())
        {
            var values = privilege.TryGetProperty("Value", out var value) && value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().Select(v => v.GetString()) : [];
            cli.Out.WriteLine($" - {(privilege.TryGetProperty("Name", out var name) ? name.GetString() : "")}: [{string.Join(' ', values)}]");
        }

        return Confirm(cli, "Do you grant the above permissions?") ? privileges : throw new CliException($"permission denied while installing plugin {remote}", 1);
    }

    /// <summary>Asks on stdout and reads a line from stdin; anything but y is no.</summary>
    public static bool Confirm(Cli cli, string question)
    {
        cli.Out.Write(question + " [y/N] ");
        cli.Out.Flush();
        return Console.In.ReadLine()?.Trim() is "y" or "Y";
    }
}
