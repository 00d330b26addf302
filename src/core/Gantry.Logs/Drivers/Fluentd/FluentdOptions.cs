using System.Globalization;
using Gantry.Errors;
using Gantry.Logs.Drivers.Transport;

namespace Gantry.Logs.Drivers.Fluentd;

/// <summary>Options of the <c>fluentd</c> driver.</summary>
/// <param name="ReconnectInterval">A connection older than this is made anew; null never.</param>
internal sealed record FluentdOptions(
    LogAddress Address, bool IsAsync, TimeSpan? ReconnectInterval, long BufferLimit, int? MaxRetries, TimeSpan RetryWait, bool RequestAck, bool SubSecondPrecision)
{
    internal const int DefaultPort = 24224;
    private const long DefaultBufferLimit = 1 << 20;
    private const string ReconnectOption = "fluentd-async-reconnect-interval";

    internal static readonly string[] Known =
    [
        "fluentd-address", "fluentd-async", "fluentd-async-connect", ReconnectOption, "fluentd-buffer-limit", "fluentd-max-retries", "fluentd-request-ack",
        "fluentd-retry-wait", "fluentd-sub-second-precision",
    ];

    /// <exception cref="GantryException">InvalidArgument in Docker's words.</exception>
    internal static FluentdOptions Parse(IReadOnlyDictionary<string, string> options)
    {
        string Text(string name) => options.GetValueOrDefault(name, string.Empty);
        bool Flag(string name) => Text(name) is { Length: > 0 } text && OptionText.Bool(text);
        if (Text("fluentd-async").Length > 0 && Text("fluentd-async-connect").Length > 0)
        {
            throw GantryException.InvalidArgument("conflicting options: cannot specify both 'fluentd-async' and 'fluentd-async-connect");
        }

        return new FluentdOptions(
            ParseAddress(Text("fluentd-address")),
            Flag("fluentd-async") || Flag("fluentd-async-connect"),
            Text(ReconnectOption) is { Length: > 0 } interval ? ParseInterval(interval) : null,
            Text("fluentd-buffer-limit") is { Length: > 0 } limit ? OptionText.Size(limit) : DefaultBufferLimit,
            Text("fluentd-max-retries") is { Length: > 0 } retries ? ParseRetries(retries) : null,
            Text("fluentd-retry-wait") is { Length: > 0 } wait ? OptionText.Duration(wait) : TimeSpan.FromSeconds(1),
            Flag("fluentd-request-ack"),
            Flag("fluentd-sub-second-precision"));
    }

    private static int ParseRetries(string text) => ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var retries)
        ? (int)Math.Min(retries, int.MaxValue - 1)
        : throw GantryException.InvalidArgument($"strconv.ParseUint: parsing \"{text}\": invalid syntax");

    private static TimeSpan ParseInterval(string text)
    {
        try
        {
            var interval = OptionText.Duration(text);
            return interval >= TimeSpan.FromMilliseconds(100) && interval <= TimeSpan.FromSeconds(10)
                ? interval
                : throw GantryException.InvalidArgument($"value (\"{text}\") must be between 100ms and 10s");
        }
        catch (GantryException e)
        {
            throw GantryException.InvalidArgument($"invalid value for {ReconnectOption}: {e.Message}", e);
        }
    }

    private static LogAddress ParseAddress(string text)
    {
        if (text.Length == 0)
        {
            return new LogAddress("tcp", "127.0.0.1", DefaultPort, string.Empty);
        }

        GantryException Invalid(string reason) => GantryException.InvalidArgument($"invalid fluentd-address ({text}): {reason}");
        var (scheme, rest) = LogAddress.Split(text);
        switch (scheme)
        {
            case "unix":
                return rest.Length > 0 ? new LogAddress("unix", string.Empty, 0, rest) : throw Invalid("path is empty");
            case "" or "tcp" or "tls":
                break;
            default:
                throw Invalid($"unsupported scheme: '{scheme}'");
        }

        if (rest.Contains('/', StringComparison.Ordinal))
        {
            throw Invalid("should not contain a path element");
        }

        var place = LogAddress.SplitHostPort(rest) ?? throw Invalid($"parse \"tcp://{rest}\": missing ']' in host");
        var port = place.Port is null ? DefaultPort : LogAddress.Port16(place.Port)
            ?? throw Invalid($"parse \"{(scheme.Length == 0 ? "tcp" : scheme)}://{rest}\": invalid port \":{place.Port[(place.Port.LastIndexOf(':') + 1)..]}\" after host");
        return new LogAddress(scheme == "tls" ? "tcp+tls" : "tcp", place.Host.Length == 0 ? "127.0.0.1" : place.Host, port, string.Empty);
    }
}
