using System.Globalization;
using System.Text.Json;
using Gantry.Engine.Daemon;
using Gantry.Errors;

namespace Gantry.Apps.Daemon.Flags;

/// <summary><c>daemon.json</c>: the same settings as the flags, by key. A setting may be given in one place only.</summary>
internal static class ConfigFile
{
    /// <summary>Adds the file's values to those of the command line. A missing file is fine where none was named.</summary>
    /// <exception cref="GantryException">InvalidArgument in dockerd's words.</exception>
    internal static void Apply(FlagValues flags, string path, bool wasNamed)
    {
        if (!File.Exists(path))
        {
            if (wasNamed)
            {
                throw Failed(path, $"open {path}: no such file or directory");
            }

            return;
        }

        var file = Read(path);
        var conflicts = file.Where(f => flags.Has(f.Key.Name))
            .Select(f => $"{LastPart(f.Key.Key!)}: (from flag: {Show(flags.List(f.Key.Name))}, from file: {Show(f.Value)})").ToList();
        if (conflicts.Count > 0)
        {
            throw Failed(path, "the following directives are specified both as a flag and in the configuration file: " + string.Join(", ", conflicts));
        }

        foreach (var (flag, values) in file)
        {
            flags.Set(flag.Name, values);
        }
    }

    /// <summary>The file's values by flag.</summary>
    /// <exception cref="GantryException">InvalidArgument: not JSON, unknown keys, wrong types; NotImplemented: a key that isn't there.</exception>
    internal static IReadOnlyDictionary<FlagSpec, IReadOnlyList<string>> Read(string path)
    {
        using var document = Parse(path);
        var result = new Dictionary<FlagSpec, IReadOnlyList<string>>();
        var unknown = new List<string>();
        foreach (var (key, value) in document.RootElement.EnumerateObject().SelectMany(Flatten))
        {
            if (FlagTable.ByKey(key) is not { } flag)
            {
                unknown.Add(LastPart(key));
                continue;
            }

            if (!flag.Available)
            {
                throw Failed(path, $"\"{key}\" is not available in this version");
            }

            if (value.ValueKind == JsonValueKind.Null)
            {
                // As if the key were not there.
                continue;
            }

            result[flag] = Values(path, flag, value).Select(v => CommandLine.Check(flag, v)).ToList();
        }

        return unknown.Count == 0
            ? result
            : throw Failed(path, "the following directives don't match any configuration option: " + string.Join(", ", unknown.Order(StringComparer.Ordinal)));
    }

    private static IEnumerable<(string Key, JsonElement Value)> Flatten(JsonProperty property) =>
        property.Name + "." == FlagTable.ProxyKeys && property.Value.ValueKind == JsonValueKind.Object
            ? property.Value.EnumerateObject().Select(p => (FlagTable.ProxyKeys + p.Name, p.Value))
            : [(property.Name, property.Value)];

    private static string LastPart(string key) => key[(key.LastIndexOf('.') + 1)..];

    private static JsonDocument Parse(string path)
    {
        try
        {
            var text = File.ReadAllBytes(path);
            var document = JsonDocument.Parse(text.AsSpan().Trim(" \t\r\n"u8).IsEmpty ? "{}"u8.ToArray() : text);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? document
                : throw Failed(path, "json: cannot unmarshal into Go value of type map[string]interface {}");
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw Failed(path, e.Message);
        }
    }

    private static IEnumerable<string> Values(string path, FlagSpec flag, JsonElement value) => (flag.Name, value.ValueKind) switch
    {
        ("add-runtime", JsonValueKind.Object) => value.EnumerateObject().Select(p => p.Name + "=" + Runtime(path, p)),
        ("default-ulimit", JsonValueKind.Object) => value.EnumerateObject().Select(Ulimit),
        ("default-address-pool", JsonValueKind.Array) => value.EnumerateArray().Select(p => $"base={Member(p, "base")},size={Member(p, "size")}"),
        ("default-network-opt", JsonValueKind.Object) => value.EnumerateObject().SelectMany(driver => driver.Value.ValueKind == JsonValueKind.Object
            ? driver.Value.EnumerateObject().Select(option => $"{driver.Name}={option.Name}={Scalar(option.Value)}")
            : throw Failed(path, $"\"{flag.Key}\" has a value of the wrong type")),
        (_, JsonValueKind.Object) when flag.Kind == FlagKind.Object => [value.GetRawText()],
        (_, JsonValueKind.Object) when flag.Kind == FlagKind.Map => value.EnumerateObject().Select(p => p.Name + "=" + Scalar(p.Value)),
        (_, JsonValueKind.Array) when flag.Kind == FlagKind.List => value.EnumerateArray().Select(Scalar),
        (_, JsonValueKind.True or JsonValueKind.False) when flag.Kind == FlagKind.Bool => [Scalar(value)],
        (_, JsonValueKind.Number) when flag.Kind == FlagKind.Number => [Scalar(value)],
        (_, JsonValueKind.String) when flag.Kind == FlagKind.Text => [Scalar(value)],
        _ => throw Failed(path, $"\"{flag.Key}\" has a value of the wrong type"),
    };

    private static string Scalar(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        JsonValueKind.String => value.GetString()!,
        _ => value.GetRawText(),
    };

    private static string Member(JsonElement value, string name) => value.TryGetProperty(name, out var member) ? Scalar(member) : string.Empty;

    /// <summary>Path, then arguments, by line feeds, which neither can contain.</summary>
    private static string Runtime(string path, JsonProperty runtime)
    {
        if (runtime.Value.TryGetProperty("runtimeType", out _) || runtime.Value.TryGetProperty("options", out _))
        {
            throw Failed(path, $"runtime {runtime.Name}: shim runtimes (runtimeType, options) are not available in this version");
        }

        var program = Member(runtime.Value, "path");
        var arguments = runtime.Value.TryGetProperty("runtimeArgs", out var list) ? list.EnumerateArray().Select(Scalar) : [];
        return program.Length == 0 ? throw Failed(path, $"runtime {runtime.Name}: either a runtimeType or a path must be configured")
            : string.Join('\n', [program, .. arguments]);
    }

    private static string Ulimit(JsonProperty limit) => string.Create(
        CultureInfo.InvariantCulture, $"{limit.Name}={Member(limit.Value, "Soft")}:{Member(limit.Value, "Hard")}");

    private static string Show(IReadOnlyList<string> values) =>
        values.Count == 1 ? ProxyAddress.WithoutCredentials(values[0]) : "[" + string.Join(' ', values) + "]";

    private static GantryException Failed(string path, string why) =>
        GantryException.InvalidArgument($"unable to configure the Docker daemon with file {path}: {why}");
}
