using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gantry.Client.Transports;
using Gantry.Errors;

namespace Gantry.Apps.Cli.Configuration;

/// <summary>A context: a named engine.</summary>
/// <param name="Host">Of the docker endpoint; null where the context has none.</param>
internal sealed record DockerContext(string Name, string Description, string? Host, bool SkipTlsVerify);

/// <summary>Docker's contexts on disk: contexts/meta/SHA256(NAME)/meta.json and contexts/tls/SHA256(NAME)/docker/*.pem.</summary>
internal sealed class ContextStore(string configFolder)
{
    public const string DefaultName = "default";

    private static readonly string[] s_tlsFiles = ["ca.pem", "cert.pem", "key.pem"];

    private string Root => Path.Combine(configFolder, "contexts");

    public string MetaFolder(string name) => Path.Combine(Root, "meta", Identity(name));

    public string TlsFolder(string name) => Path.Combine(Root, "tls", Identity(name));

    /// <summary>All but the default one, by name.</summary>
    public IReadOnlyList<DockerContext> List()
    {
        var folder = Path.Combine(Root, "meta");
        if (!Directory.Exists(folder))
        {
            return [];
        }

        return [.. Directory.EnumerateDirectories(folder).Select(d => Path.Combine(d, "meta.json")).Where(File.Exists).Select(Read).OrderBy(c => c.Name, StringComparer.Ordinal)];
    }

    /// <exception cref="GantryException">NotFound.</exception>
    public DockerContext Get(string name)
    {
        var file = Path.Combine(MetaFolder(name), "meta.json");
        return File.Exists(file)
            ? Read(file)
            : throw GantryException.NotFound($"context \"{name}\": context not found: open {file}: no such file or directory");
    }

    public bool Contains(string name) => name == DefaultName || File.Exists(Path.Combine(MetaFolder(name), "meta.json"));

    /// <summary>The TLS files of a context's endpoint, or null where it has none.</summary>
    public TlsOptions? Tls(DockerContext context)
    {
        var folder = Path.Combine(TlsFolder(context.Name), "docker");
        var files = s_tlsFiles.Select(f => Path.Combine(folder, f)).Select(f => File.Exists(f) ? f : null).ToArray();
        return files.All(f => f is null) && !context.SkipTlsVerify ? null : new TlsOptions(!context.SkipTlsVerify, files[0], files[1], files[2]);
    }

    /// <summary>Names of the TLS files that a context has.</summary>
    public IReadOnlyList<string> TlsFiles(string name)
    {
        var folder = Path.Combine(TlsFolder(name), "docker");
        return [.. s_tlsFiles.Where(f => File.Exists(Path.Combine(folder, f)))];
    }

    /// <summary>Contents of the TLS files that a context has.</summary>
    public IReadOnlyDictionary<string, byte[]> ReadTls(string name) =>
        TlsFiles(name).ToDictionary(f => f, f => File.ReadAllBytes(Path.Combine(TlsFolder(name), "docker", f)), StringComparer.Ordinal);

    /// <param name="tls">Contents of the TLS files by their name in the store.</param>
    public void Save(DockerContext context, IReadOnlyDictionary<string, byte[]> tls)
    {
        foreach (var (name, content) in tls)
        {
            var folder = Path.Combine(TlsFolder(context.Name), "docker");
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            WriteFile(Path.Combine(folder, name), content, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        Directory.CreateDirectory(MetaFolder(context.Name));
        WriteFile(
            Path.Combine(MetaFolder(context.Name), "meta.json"),
            ToJson(context),
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
    }

    /// <summary>The content of meta.json.</summary>
    public static byte[] ToJson(DockerContext context)
    {
        var endpoint = new JsonObject();
        if (context.Host is not null)
        {
            endpoint["Host"] = context.Host;
        }

        endpoint["SkipTLSVerify"] = context.SkipTlsVerify;
        var meta = new JsonObject
        {
            ["Name"] = context.Name,
            ["Metadata"] = context.Description.Length == 0 ? new JsonObject() : new JsonObject { ["Description"] = context.Description },
            ["Endpoints"] = new JsonObject { ["docker"] = endpoint },
        };
        return Encoding.UTF8.GetBytes(meta.ToJsonString());
    }

    public void Remove(string name)
    {
        foreach (var folder in (ReadOnlySpan<string>)[MetaFolder(name), TlsFolder(name)])
        {
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    /// <exception cref="GantryException">InvalidArgument in Docker's words.</exception>
    public static void CheckName(string name)
    {
        if (name.Length == 0)
        {
            throw GantryException.InvalidArgument("context name cannot be empty");
        }

        if (name == DefaultName)
        {
            throw GantryException.InvalidArgument("\"default\" is a reserved context name");
        }

        var valid = name.Length >= 2 && char.IsAsciiLetterOrDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || "_.+-".Contains(c, StringComparison.Ordinal));
        if (!valid)
        {
            throw GantryException.InvalidArgument($"context name \"{name}\" is invalid, names are validated against regexp \"^[a-zA-Z0-9][a-zA-Z0-9_.+-]+$\"");
        }
    }

    private static string Identity(string name) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)));

    private static void WriteFile(string path, byte[] content, UnixFileMode mode)
    {
        var temporary = path + ".tmp";
        using (var file = new FileStream(temporary, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = mode }))
        {
            file.Write(content);
        }

        File.Move(temporary, path, overwrite: true);
    }

    private static DockerContext Read(string file)
    {
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(file));
            var root = json.RootElement;
            var endpoint = Property(Property(root, "Endpoints"), "docker");
            return new DockerContext(
                Property(root, "Name")?.GetString() ?? "",
                Property(Property(root, "Metadata"), "Description")?.GetString() ?? "",
                Property(endpoint, "Host")?.GetString(),
                Property(endpoint, "SkipTLSVerify")?.ValueKind == JsonValueKind.True);
        }
        catch (Exception e) when (e is JsonException or IOException or InvalidOperationException)
        {
            throw GantryException.DataCorrupt($"parsing {file}: {e.Message}", e);
        }
    }

    private static JsonElement? Property(JsonElement? parent, string name) =>
        parent is { ValueKind: JsonValueKind.Object } json && json.TryGetProperty(name, out var value) ? value : null;
}
