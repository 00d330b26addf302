using Gantry.Dockerfile;

namespace Gantry.Build.Frontend;

/// <summary>
/// ARG values where a stage stands: what was given with the build wins over a default; only declared names count, the proxy variables
/// always do (Dockerfile reference, "ARG").
/// </summary>
internal sealed class BuildArguments
{
    private static readonly string[] s_predefined =
    [
        "HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "FTP_PROXY", "ftp_proxy", "NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy",
    ];

    private static readonly string[] s_proxies = ["HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY"];

    private readonly IReadOnlyDictionary<string, string?> _given;
    private readonly Dictionary<string, string?> _global;
    private readonly Dictionary<string, string?> _declared = [];
    private readonly HashSet<string> _consumed;

    /// <param name="given">Of the request.</param>
    /// <param name="platform">TARGETPLATFORM and its kin, which need no value.</param>
    public BuildArguments(IReadOnlyDictionary<string, string?> given, IReadOnlyDictionary<string, string> platform)
        : this(given, platform.ToDictionary(p => p.Key, p => (string?)p.Value), [])
    {
    }

    private BuildArguments(IReadOnlyDictionary<string, string?> given, Dictionary<string, string?> global, HashSet<string> consumed)
    {
        _given = given;
        _global = global;
        _consumed = consumed;
    }

    /// <summary>For a stage: nothing declared yet. What any stage consumes counts as consumed.</summary>
    public BuildArguments ForStage() => new(_given, _global, _consumed);

    public void DeclareGlobal(string name, string? value)
    {
        _global[name] = value;
        Consume(name);
    }

    public void Declare(string name, string? value)
    {
        _declared[name] = value;
        Consume(name);
    }

    /// <summary>An ARG with the value it has: what was given, else its default, else the global one's.</summary>
    public KeyValue Known(KeyValue argument) =>
        new(argument.Key, _given.GetValueOrDefault(argument.Key) ?? argument.Value ?? _global.GetValueOrDefault(argument.Key));

    /// <summary>The proxies that were given, under both spellings of their names, as BuildKit passes them to a RUN.</summary>
    public IReadOnlyList<string> Proxies() => [.. s_proxies
        .Select(n => (Name: n, Value: _given.GetValueOrDefault(n) ?? _given.GetValueOrDefault(n.ToLowerInvariant())))
        .Where(p => !string.IsNullOrEmpty(p.Value))
        .SelectMany(p => (string[])[$"{p.Name}={p.Value}", $"{p.Name.ToLowerInvariant()}={p.Value}"])];

    /// <summary>Values for FROM and global ARGs.</summary>
    public IReadOnlyList<string> Global() => Values(_global).Select(v => $"{v.Key}={v.Value}").ToList();

    /// <summary><c>NAME=value</c> of what is declared here, except what the image's environment sets itself.</summary>
    public IReadOnlyList<string> Visible(IEnumerable<string> environment)
    {
        var set = environment.Select(e => e.Split('=', 2)[0]).ToHashSet(StringComparer.Ordinal);
        return Values(_declared).Where(v => !set.Contains(v.Key)).Select(v => $"{v.Key}={v.Value}").ToList();
    }

    /// <summary>True for what shows in the history and counts for the cache: everything but undeclared proxies.</summary>
    public bool Counts(string name)
    {
        lock (_consumed)
        {
            return _consumed.Contains(name) || !s_predefined.Contains(name);
        }
    }

    /// <summary>Names that were given but never declared.</summary>
    public IReadOnlyList<string> Unused()
    {
        lock (_consumed)
        {
            return _given.Keys.Where(k => !_consumed.Contains(k) && !s_predefined.Contains(k)).Order(StringComparer.Ordinal).ToList();
        }
    }

    private IEnumerable<KeyValuePair<string, string>> Values(Dictionary<string, string?> names)
    {
        foreach (var name in names.Keys.Concat(s_predefined).Distinct())
        {
            if ((_given.GetValueOrDefault(name) ?? names.GetValueOrDefault(name) ?? _global.GetValueOrDefault(name)) is { } value)
            {
                yield return new(name, value);
            }
        }
    }

    private void Consume(string name)
    {
        lock (_consumed)
        {
            _consumed.Add(name);
        }
    }
}
