using System.Text.Json;
using Gantry.Errors;

namespace Gantry.Plugins;

/// <summary>Finds plugins by name: a socket, or a file that says where the plugin listens.</summary>
public sealed class PluginDiscovery(PluginDirectories directories)
{
    private const string UnixScheme = "unix://";
    private static readonly string[] s_schemes = [UnixScheme, "tcp://", "http://", "https://"];

    /// <summary>Address of a plugin (<c>unix:///path</c>, <c>tcp://host:port</c>, <c>http://host:port</c>), or null.</summary>
    /// <exception cref="GantryException">A file about it says what can't be used.</exception>
    public string? Find(string name)
    {
        if (name.Length == 0 || name.Contains('/', StringComparison.Ordinal) || name is "." or "..")
        {
            return null;
        }

        foreach (var socket in Candidates(directories.Sockets, name, ".sock").Where(File.Exists))
        {
            return UnixScheme + socket;
        }

        foreach (var directory in directories.Specs)
        {
            if (Candidates(directory, name, ".spec").FirstOrDefault(File.Exists) is { } spec)
            {
                return Usable(name, File.ReadAllText(spec).Trim());
            }

            if (Candidates(directory, name, ".json").FirstOrDefault(File.Exists) is { } json)
            {
                return Usable(name, ReadJson(json));
            }
        }

        return null;
    }

    /// <summary>Names of all that make themselves known.</summary>
    public IReadOnlyList<string> All() =>
    [
        .. Names(directories.Sockets, ".sock").Concat(directories.Specs.SelectMany(d => Names(d, ".spec").Concat(Names(d, ".json"))))
            .Distinct().Order(StringComparer.Ordinal),
    ];

    private static string[] Candidates(string directory, string name, string extension) =>
        [Path.Combine(directory, name + extension), Path.Combine(directory, name, name + extension)];

    private static IEnumerable<string> Names(string directory, string extension)
    {
        if (!Directory.Exists(directory))
        {
            return [];
        }

        var own = Directory.EnumerateFiles(directory, "*" + extension).Select(f => Path.GetFileNameWithoutExtension(f)!);
        var nested = Directory.EnumerateDirectories(directory).Select(d => Path.GetFileName(d)!).Where(n => File.Exists(Path.Combine(directory, n, n + extension)));
        return own.Concat(nested);
    }

    private static string ReadJson(string path)
    {
        try
        {
            var file = JsonSerializer.Deserialize(File.ReadAllBytes(path), PluginJson.Default.PluginFile);
            return file?.TLSConfig is { } tls && (tls.CAFile ?? tls.CertFile ?? tls.KeyFile) is not null
                ? throw GantryException.NotImplemented($"plugin file {path}: TLS is not supported yet")
                : file?.Addr ?? "";
        }
        catch (JsonException e)
        {
            throw GantryException.Internal($"plugin file {path}: {e.Message}", e);
        }
    }

    private static string Usable(string name, string address) =>
        s_schemes.Any(s => address.StartsWith(s, StringComparison.Ordinal))
            ? address
            : throw GantryException.Internal($"plugin {name}: Unknown protocol");
}
