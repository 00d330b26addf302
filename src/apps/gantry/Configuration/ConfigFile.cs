using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gantry.Errors;

namespace Gantry.Apps.Cli.Configuration;

/// <summary>Docker's config.json. What this program does not know stays in it when it is written.</summary>
internal sealed class ConfigFile
{
    private const int MaximumSize = 16 << 20;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly JsonObject _root;

    private ConfigFile(string folder, JsonObject root)
    {
        Folder = folder;
        _root = root;
    }

    public string Folder { get; }

    public string FileName => Path.Combine(Folder, "config.json");

    public string? CurrentContext
    {
        get => Text("currentContext");
        set => SetOrRemove("currentContext", string.IsNullOrEmpty(value) ? null : JsonValue.Create(value));
    }

    public string? DetachKeys => Text("detachKeys");

    public string? CredentialsStore => Text("credsStore");

    public JsonObject Auths => Child("auths");

    /// <summary>Helpers by registry host.</summary>
    public IReadOnlyDictionary<string, string> CredentialHelpers => Map("credHelpers");

    public IReadOnlyDictionary<string, string> HttpHeaders => Map("HttpHeaders");

    /// <summary>Which plugin a command goes to.</summary>
    public IReadOnlyDictionary<string, string> Aliases => Map("aliases");

    /// <summary>Directories with CLI plugins besides the usual ones.</summary>
    public IReadOnlyList<string> PluginFolders => _root["cliPluginsExtraDirs"] is JsonArray folders
        ? [.. folders.OfType<JsonValue>().Select(f => f.TryGetValue<string>(out var text) ? text : "").Where(f => f.Length > 0)]
        : [];

    /// <summary>Whether there is a file at all.</summary>
    public bool Exists => File.Exists(FileName);

    /// <summary>Reads the file; where there is none, an empty one.</summary>
    /// <param name="warn">A file that can't be read is a warning, as docker has it.</param>
    public static ConfigFile Load(string folder, Action<string> warn)
    {
        var path = Path.Combine(folder, "config.json");
        if (Linux.FileAt.TryStat(Linux.FileAt.CurrentDirectory, path, out _, followLink: true) == -Linux.Errno.ENOENT)
        {
            // The usual case, without the millisecond that a program's first exception takes.
            return new ConfigFile(folder, []);
        }

        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1);
            if (file.Length > MaximumSize)
            {
                throw new JsonException("file too large");
            }

            var bytes = new byte[file.Length];
            file.ReadExactly(bytes);
            if (JsonNode.Parse(bytes) is not JsonObject root)
            {
                throw new JsonException("not an object");
            }

            return new ConfigFile(folder, root);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            if (File.Exists(folder))
            {
                warn($"WARNING: Error loading config file: open {path}: not a directory");
            }

            return new ConfigFile(folder, []);
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            warn($"WARNING: Error loading config file: {(e is JsonException ? path + ": " + e.Message : $"open {path}: {Reason(e)}")}");
            return new ConfigFile(folder, []);
        }
    }

    /// <summary>A string of the file, such as "psFormat".</summary>
    public string? Text(string name) =>
        _root.TryGetPropertyValue(name, out var node) && node is JsonValue value && value.TryGetValue<string>(out var text) && text.Length > 0 ? text : null;

    /// <summary>proxies: settings of the engine at <paramref name="host"/>, or the default ones, as environment variables for containers.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> ProxyVariables(string host)
    {
        var result = new List<KeyValuePair<string, string>>();
        if (_root["proxies"] is not JsonObject proxies || (proxies[host] ?? proxies["default"]) is not JsonObject settings)
        {
            return result;
        }

        foreach (var (key, variable) in (ReadOnlySpan<(string, string)>)[
            ("httpProxy", "HTTP_PROXY"), ("httpsProxy", "HTTPS_PROXY"), ("ftpProxy", "FTP_PROXY"), ("noProxy", "NO_PROXY"), ("allProxy", "ALL_PROXY")])
        {
            if (settings[key] is JsonValue value && value.TryGetValue<string>(out var text) && text.Length > 0)
            {
                result.Add(new(variable, text));
                result.Add(new(variable.ToLowerInvariant(), text));
            }
        }

        return result;
    }

    /// <summary>Writes the file beside the old one and renames it over; it is readable for its owner only.</summary>
    public void Save()
    {
        if (!_root.ContainsKey("auths"))
        {
            // Docker always writes it.
            _root.Insert(0, "auths", new JsonObject());
        }

        var target = (Exists ? new FileInfo(FileName).ResolveLinkTarget(returnFinalTarget: true)?.FullName : null) ?? FileName;
        var temporary = $"{target}{Environment.ProcessId}";
        try
        {
            Directory.CreateDirectory(Folder, OwnerOnly | UnixFileMode.UserExecute);
            using (var file = new FileStream(temporary, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = OwnerOnly }))
            using (var json = new Utf8JsonWriter(file, new JsonWriterOptions { Indented = true, IndentCharacter = '\t', IndentSize = 1, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
            {
                _root.WriteTo(json);
            }

            File.Move(temporary, target, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw GantryException.Internal($"Error saving config file: {e.Message}", e);
        }
    }

    private static string Reason(Exception e) => e switch
    {
        UnauthorizedAccessException => "permission denied",
        _ when e.Message.StartsWith("Not a directory", StringComparison.Ordinal) => "not a directory",
        _ => e.Message,
    };

    private JsonObject Child(string name)
    {
        if (_root[name] is JsonObject child)
        {
            return child;
        }

        child = [];
        _root[name] = child;
        return child;
    }

    private Dictionary<string, string> Map(string name)
    {
        var result = new Dictionary<string, string>(StringComparer.Ordinal);
        if (_root[name] is JsonObject map)
        {
            foreach (var (key, value) in map)
            {
                if (value is JsonValue scalar && scalar.TryGetValue<string>(out var text))
                {
                    result[key] = text;
                }
            }
        }

        return result;
    }

    private void SetOrRemove(string name, JsonNode? value)
    {
        if (value is null)
        {
            _root.Remove(name);
        }
        else
        {
            _root[name] = value;
        }
    }
}
