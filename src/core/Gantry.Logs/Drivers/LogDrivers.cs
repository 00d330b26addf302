using Gantry.Errors;
using Gantry.Logs.Drivers.Fluentd;
using Gantry.Logs.Drivers.Gelf;
using Gantry.Logs.Drivers.Journald;
using Gantry.Logs.Drivers.Syslog;

namespace Gantry.Logs.Drivers;

/// <summary>The log drivers there are, and what each takes.</summary>
public static class LogDrivers
{
    public const string JsonFile = "json-file";
    public const string Local = "local";
    public const string None = "none";
    private static readonly string[] s_attributes = ["labels", "labels-regex", "env", "env-regex", "tag"];

    /// <summary>What is said of the copy that <c>logs</c> reads where a driver can't be asked.</summary>
    public static IReadOnlyList<string> CacheOptions { get; } = ["cache-disabled", "cache-max-size", "cache-max-file", "cache-compress"];

    private static readonly string[] s_common = ["mode", "max-buffer-size", .. CacheOptions];

    /// <summary>Names as <c>info</c> shows them, in order.</summary>
    public static IReadOnlyList<string> Names { get; } = ["fluentd", "gelf", "journald", JsonFile, Local, "syslog"];

    /// <summary>Entries go somewhere else than to a file of the engine's.</summary>
    public static bool IsRemote(string name) => name is not (JsonFile or Local or None);

    /// <summary>What a create request is refused for; the rest is found out at the start (as with Docker).</summary>
    /// <exception cref="GantryException">InvalidArgument in Docker's words.</exception>
    public static void Validate(string name, IReadOnlyDictionary<string, string> options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (name == None)
        {
            return;
        }

        if (!Names.Contains(name))
        {
            throw GantryException.InvalidArgument($"error looking up logging plugin {name}: plugin \"{name}\" not found");
        }

        CheckCommon(options);
        if (name == "gelf")
        {
            // Docker looks at the address before it looks for options it doesn't know.
            GelfOptions.Parse(options);
        }

        CheckKnown(name, options.Keys.Where(o => !s_common.Contains(o)));
        switch (name)
        {
            case "syslog":
                SyslogOptions.Parse(options);
                break;
            case "fluentd":
                FluentdOptions.Parse(options);
                break;
            default:
                break;
        }
    }

    /// <summary>Checks the options that every driver has, a plugin too.</summary>
    /// <exception cref="GantryException">InvalidArgument in Docker's words.</exception>
    public static void ValidateCommon(IReadOnlyDictionary<string, string> options)
    {
        ArgumentNullException.ThrowIfNull(options);
        CheckCommon(options);
    }

    /// <summary>The destination of a remote driver; nothing is connected yet.</summary>
    /// <exception cref="GantryException">InvalidArgument in Docker's words.</exception>
    public static ILogDestination CreateDestination(string name, LogSubject subject) => name switch
    {
        "syslog" => new SyslogDestination(subject),
        "gelf" => new GelfDestination(subject),
        "fluentd" => new FluentdDestination(subject),
        "journald" => new JournaldDestination(subject),
        _ => throw GantryException.InvalidArgument($"logger: no log driver named '{name}' is registered"),
    };

    /// <summary>The bytes that may wait in memory with <c>mode=non-blocking</c>; null in blocking mode.</summary>
    public static long? BufferSize(IReadOnlyDictionary<string, string> options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return options.GetValueOrDefault("mode") != "non-blocking" ? null
            : options.TryGetValue("max-buffer-size", out var text) && text.Length > 0 ? OptionText.Size(text)
            : 1 << 20;
    }

    /// <summary>Whether <c>logs</c> can read what the driver was given.</summary>
    public static bool CanRead(string name, IReadOnlyDictionary<string, string> options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return name != None && !(IsRemote(name) && options.TryGetValue("cache-disabled", out var text) && OptionText.Bool(text));
    }

    private static void CheckCommon(IReadOnlyDictionary<string, string> options)
    {
        var mode = options.GetValueOrDefault("mode", string.Empty);
        if (mode is not ("" or "blocking" or "non-blocking"))
        {
            throw GantryException.InvalidArgument($"logger: logging mode not supported: {mode}");
        }

        if (options.TryGetValue("max-buffer-size", out var size))
        {
            if (mode != "non-blocking")
            {
                throw GantryException.InvalidArgument("logger: max-buffer-size option is only supported with 'mode=non-blocking'");
            }

            try
            {
                OptionText.Size(size);
            }
            catch (GantryException e)
            {
                throw GantryException.InvalidArgument("error parsing option max-buffer-size: " + e.Message, e);
            }
        }

        try
        {
            OptionText.Bool(options.GetValueOrDefault("cache-disabled", "false"));
        }
        catch (GantryException e)
        {
            throw GantryException.InvalidArgument("invalid value for option cache-disabled: " + options["cache-disabled"], e);
        }
    }

    private static void CheckKnown(string name, IEnumerable<string> options)
    {
        var known = name switch
        {
            JsonFile => [.. s_attributes, "max-size", "max-file", "compress"],
            Local => ["max-size", "max-file", "compress"],
            "syslog" => [.. s_attributes, .. SyslogOptions.Known],
            "gelf" => [.. s_attributes, .. GelfOptions.Known],
            "fluentd" => [.. s_attributes, .. FluentdOptions.Known],
            _ => s_attributes,
        };
        if (options.Order(StringComparer.Ordinal).FirstOrDefault(o => !known.Contains(o)) is { } unknown)
        {
            throw GantryException.InvalidArgument(
                name == Local ? $"unknown log opt '{unknown}' for log driver local" : $"unknown log opt '{unknown}' for {name} log driver");
        }
    }
}
