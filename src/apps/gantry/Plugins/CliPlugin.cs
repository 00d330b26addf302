using System.Text;
using System.Text.Json;
using Gantry.Apps.Cli.Configuration;
using Gantry.Errors;
using Gantry.Linux;

namespace Gantry.Apps.Cli.Plugins;

/// <summary>What a CLI plugin says about itself.</summary>
/// <param name="Error">Why it can't be used; null where it can.</param>
internal sealed record PluginMetadata(string SchemaVersion, string Vendor, string Version, string ShortDescription, string Url, string? Error);

/// <summary>
/// A program docker-NAME in a plugin directory. Called with <c>docker-cli-plugin-metadata</c> it describes itself as JSON; called with this
/// program's own arguments it is the command NAME.
/// </summary>
internal sealed record CliPlugin(string Name, string Path)
{
    private const string Prefix = "docker-";
    private const string MetadataCommand = "docker-cli-plugin-metadata";
    private const int LargestMetadata = 1 << 20;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);
    private static readonly string[] s_systemFolders =
    [
        "/usr/local/lib/docker/cli-plugins", "/usr/local/libexec/docker/cli-plugins", "/usr/lib/docker/cli-plugins", "/usr/libexec/docker/cli-plugins",
    ];

    /// <summary>All plugins by name; a directory named earlier wins.</summary>
    public static IReadOnlyList<CliPlugin> List(ConfigFile config)
    {
        var found = new SortedDictionary<string, CliPlugin>(StringComparer.Ordinal);
        foreach (var folder in Folders(config).Where(Directory.Exists))
        {
            foreach (var path in Directory.EnumerateFiles(folder, Prefix + "*"))
            {
                var name = System.IO.Path.GetFileName(path)[Prefix.Length..];
                if (IsName(name))
                {
                    found.TryAdd(name, new CliPlugin(name, path));
                }
            }
        }

        return [.. found.Values];
    }

    public static CliPlugin? Find(ConfigFile config, string name) =>
        !IsName(name) ? null : Folders(config).Select(f => System.IO.Path.Combine(f, Prefix + name)).Where(File.Exists).Select(p => new CliPlugin(name, p)).FirstOrDefault();

    /// <summary>Asks the plugin about itself.</summary>
    public async Task<PluginMetadata> DescribeAsync(CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(s_patience);
        try
        {
            using var process = PipedProcess.Start(Path, [MetadataCommand]);
            await process.StandardInput.DisposeAsync();
            var errors = DrainAsync(process.StandardError, patience.Token);
            var output = await DrainAsync(process.StandardOutput, patience.Token);
            await errors;
            var code = await process.WaitAsync(patience.Token);
            return code == 0 ? Read(output) : Broken($"failed to fetch metadata: exit status {code}");
        }
        catch (Exception e) when (e is LinuxException or GantryException or IOException)
        {
            return Broken($"failed to fetch metadata: {e.Message}");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Broken("failed to fetch metadata: no answer");
        }
    }

    /// <summary>Becomes the plugin; returns only by throwing.</summary>
    /// <param name="called">How this program was called, for the plugin that calls it back.</param>
    /// <param name="arguments">All of this program's arguments, global flags first.</param>
    public void Become(string called, IReadOnlyList<string> arguments) =>
        DetachedProcess.Become(Path, arguments, "DOCKER_CLI_PLUGIN_ORIGINAL_CLI_COMMAND", called);

    private static IEnumerable<string> Folders(ConfigFile config) => [.. config.PluginFolders, System.IO.Path.Combine(config.Folder, "cli-plugins"), .. s_systemFolders];

    private static bool IsName(string name) => name.Length > 0 && char.IsAsciiLetterLower(name[0]) && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c));

    private static PluginMetadata Read(string text)
    {
        try
        {
            using var json = JsonDocument.Parse(text);
            string Get(string name) => json.RootElement.TryGetProperty(name, out var value) ? value.GetString() ?? "" : "";
            var schema = Get("SchemaVersion");
            var error = !schema.StartsWith("0.", StringComparison.Ordinal) && schema != "0" ? $"plugin SchemaVersion \"{schema}\" is not valid, must be 0.1.0"
                : Get("Vendor").Length == 0 ? "plugin metadata does not define a vendor"
                : null;
            return new PluginMetadata(schema, Get("Vendor"), Get("Version"), Get("ShortDescription"), Get("URL"), error);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return Broken(e.Message);
        }
    }

    private static PluginMetadata Broken(string why) => new("", "", "", "", "", why);

    private static async Task<string> DrainAsync(Stream stream, CancellationToken cancellationToken)
    {
        var buffer = new MemoryStream();
        var chunk = new byte[4096];
        while (await stream.ReadAsync(chunk, cancellationToken) is var read and > 0)
        {
            if (buffer.Length < LargestMetadata)
            {
                buffer.Write(chunk, 0, read);
            }
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }
}
