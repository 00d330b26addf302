using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

namespace Gantry.Engine.Diagnostics;

/// <summary>How long actions of one kind took, as a Prometheus histogram with the label <c>action</c>.</summary>
internal sealed class ActionTimes(string name, string help, params IReadOnlyList<string> actions)
{
    /// <summary>Seconds; the bounds that Prometheus' own clients use.</summary>
    private static readonly double[] s_bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

    private readonly ConcurrentDictionary<string, Series> _series = new(actions.Select(a => KeyValuePair.Create(a, new Series())));

    /// <summary>Runs an action; one that fails does not count, as in Docker.</summary>
    internal async Task<T> MeasureAsync<T>(string action, Func<Task<T>> run)
    {
        var start = TimeProvider.System.GetTimestamp();
        var result = await run().ConfigureAwait(false);
        Observe(action, TimeProvider.System.GetElapsedTime(start));
        return result;
    }

    /// <inheritdoc cref="MeasureAsync{T}"/>
    internal async Task MeasureAsync(string action, Func<Task> run)
    {
        var start = TimeProvider.System.GetTimestamp();
        await run().ConfigureAwait(false);
        Observe(action, TimeProvider.System.GetElapsedTime(start));
    }

    /// <inheritdoc cref="MeasureAsync{T}"/>
    internal T Measure<T>(string action, Func<T> run)
    {
        var start = TimeProvider.System.GetTimestamp();
        var result = run();
        Observe(action, TimeProvider.System.GetElapsedTime(start));
        return result;
    }

    internal void Observe(string action, TimeSpan time) => _series.GetOrAdd(action, _ => new Series()).Add(time.TotalSeconds);

    internal void Write(StringBuilder text)
    {
        text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} histogram\n");
        foreach (var (action, series) in _series.OrderBy(s => s.Key, StringComparer.Ordinal))
        {
            series.Write(text, name, action);
        }
    }

    private sealed class Series
    {
        private readonly Lock _lock = new();
        private readonly long[] _counts = new long[s_bounds.Length + 1];
        private double _sum;

        internal void Add(double seconds)
        {
            lock (_lock)
            {
                var bucket = Array.FindIndex(s_bounds, bound => seconds <= bound);
                _counts[bucket < 0 ? s_bounds.Length : bucket]++;
                _sum += seconds;
            }
        }

        internal void Write(StringBuilder text, string name, string action)
        {
            lock (_lock)
            {
                var soFar = 0L;
                for (var i = 0; i < _counts.Length; i++)
                {
                    soFar += _counts[i];
                    var bound = i < s_bounds.Length ? s_bounds[i].ToString(CultureInfo.InvariantCulture) : "+Inf";
                    text.Append(CultureInfo.InvariantCulture, $"{name}_bucket{{action=\"{action}\",le=\"{bound}\"}} {soFar}\n");
                }

                text.Append(CultureInfo.InvariantCulture, $"{name}_sum{{action=\"{action}\"}} {_sum}\n{name}_count{{action=\"{action}\"}} {soFar}\n");
            }
        }
    }
}
