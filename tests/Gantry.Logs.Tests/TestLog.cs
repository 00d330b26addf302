using System.Text;

namespace Gantry.Logs.Tests;

/// <summary>A log in a directory of its own.</summary>
internal sealed class TestLog : IDisposable
{
    private static int s_count;

    public TestLog()
    {
        Directory = $"/tmp/gantry-logs-tests/{Environment.ProcessId}-{Interlocked.Increment(ref s_count)}";
        System.IO.Directory.CreateDirectory(Directory);
        Path = $"{Directory}/c-json.log";
    }

    public string Directory { get; }

    public string Path { get; }

    public LogBuffer Buffer { get; } = new();

    public JsonLogWriter Open(long maxSize = 0, int maxFiles = 1, string? attributes = null, bool compress = false) =>
        new(new JsonLogOptions { Path = Path, MaxSize = maxSize, MaxFiles = maxFiles, AttributesJson = attributes, Compress = compress }, Buffer);

    public async Task<List<(LogStream Stream, string Line, long Time)>> ReadAsync(LogQuery? query = null)
    {
        var entries = new List<(LogStream, string, long)>();
        await foreach (var batch in new LogReader(Path).ReadAsync(query ?? new LogQuery(), null, CancellationToken.None))
        {
            entries.AddRange(batch.Select(entry => (entry.Stream, Encoding.UTF8.GetString(entry.Line.Span), entry.Timestamp)));
        }

        return entries;
    }

    public async Task<string> TextAsync(LogQuery? query = null) => string.Concat((await ReadAsync(query)).Select(entry => entry.Line));

    public void Dispose() => System.IO.Directory.Delete(Directory, recursive: true);
}

internal static class WriterExtensions
{
    public static int Write(this JsonLogWriter writer, string text, LogStream stream = LogStream.Stdout, bool end = false) =>
        writer.Write(stream, Encoding.UTF8.GetBytes(text), end);
}
