using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Gantry.RegistryServer.Http;

namespace Gantry.RegistryServer.Monitoring;

/// <summary>What the server has done since its start, as OpenMetrics text.</summary>
internal sealed class RegistryMetrics
{
    private readonly ConcurrentDictionary<(string Method, RouteKind Route, int Status), Counter> _requests = new();
    private long _received;
    private long _sent;
    private long _open;

    internal void Begin() => Interlocked.Increment(ref _open);

    internal void End(string method, RouteKind route, int status)
    {
        Interlocked.Decrement(ref _open);
        _requests.GetOrAdd((Known(method), route, status), _ => new Counter()).Add();
    }

    /// <summary>Bytes of blobs and manifests that clients sent.</summary>
    internal void Received(long bytes) => Interlocked.Add(ref _received, bytes);

    /// <summary>Bytes of blobs and manifests that clients were sent.</summary>
    internal void Sent(long bytes) => Interlocked.Add(ref _sent, bytes);

    internal string Format()
    {
        var text = new StringBuilder();
        text.Append("# TYPE gantry_registry_requests counter\n# HELP gantry_registry_requests Answered requests.\n");
        foreach (var ((method, route, status), counter) in _requests.OrderBy(r => r.Key.Route).ThenBy(r => r.Key.Method, StringComparer.Ordinal).ThenBy(r => r.Key.Status))
        {
            text.Append(CultureInfo.InvariantCulture, $"gantry_registry_requests_total{{method=\"{method}\",route=\"{Name(route)}\",status=\"{status}\"}} {counter.Value}\n");
        }

        Append(text, "gantry_registry_received_bytes", "counter", "Bytes of blobs and manifests received.", "_total", Interlocked.Read(ref _received));
        Append(text, "gantry_registry_sent_bytes", "counter", "Bytes of blobs and manifests sent.", "_total", Interlocked.Read(ref _sent));
        Append(text, "gantry_registry_open_requests", "gauge", "Requests being answered.", "", Interlocked.Read(ref _open));
        return text.Append("# EOF\n").ToString();
    }

    private static void Append(StringBuilder text, string name, string type, string help, string suffix, long value) =>
        text.Append(CultureInfo.InvariantCulture, $"# TYPE {name} {type}\n# HELP {name} {help}\n{name}{suffix} {value}\n");

    private static string Name(RouteKind route) => route.ToString().ToLowerInvariant();

    /// <summary>A stranger's words must not become endless series.</summary>
    private static string Known(string method) => method is "GET" or "HEAD" or "PUT" or "POST" or "PATCH" or "DELETE" ? method : "other";

    private sealed class Counter
    {
        private long _value;

        internal long Value => Interlocked.Read(ref _value);

        internal void Add() => Interlocked.Increment(ref _value);
    }
}
