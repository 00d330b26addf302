using System.Buffers;
using System.Text;

namespace Gantry.Logs.Tests;

public class ReaderTests
{
    [Fact]
    public async Task A_missing_log_is_empty()
    {
        using var log = new TestLog();
        Assert.Empty(await log.ReadAsync());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(5000)]
    [InlineData(20_000)]
    public async Task Tail_gives_the_last_entries(int tail)
    {
        using var log = new TestLog();
        using (var writer = log.Open())
        {
            writer.Write(string.Concat(Enumerable.Range(0, 10_000).Select(i => $"line {i}\n")));
        }

        var entries = await log.ReadAsync(new LogQuery { Tail = tail });
        Assert.Equal(Enumerable.Range(0, 10_000).TakeLast(tail).Select(i => $"line {i}\n"), entries.Select(entry => entry.Line));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Tail_reaches_into_rotated_files(bool compress)
    {
        using var log = new TestLog();
        using (var writer = log.Open(maxSize: 2000, maxFiles: 5, compress: compress))
        {
            writer.RotatedFile = (_, path) => LogCompression.Compress(path);
            for (var i = 0; i < 100; i++)
            {
                writer.Write($"line {i}\n");
            }
        }

        Assert.Equal(compress, File.Exists(log.Path + ".1.gz"));
        var all = await log.ReadAsync();
        Assert.Equal("line 99\n", all[^1].Line);
        Assert.True(all.Count > 60);
        foreach (var tail in (int[])[1, 25, 40, 60])
        {
            Assert.Equal(all.TakeLast(tail), await log.ReadAsync(new LogQuery { Tail = tail }));
        }
    }

    [Fact]
    public async Task Since_and_until_select_by_time()
    {
        using var log = new TestLog();
        var start = new DateTimeOffset(2024, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var text = new StringBuilder();
        for (var i = 0; i < 50_000; i++)
        {
            text.Append($$"""{"log":"line {{i}}\n","stream":"stdout","time":"{{start.AddSeconds(i):yyyy-MM-ddTHH:mm:ss}}.5Z"}""").Append('\n');
        }

        await File.WriteAllTextAsync(log.Path, text.ToString());
        foreach (var (from, to) in ((int, int)[])[(0, 3), (100, 200), (49_990, 60_000), (25_000, 25_000)])
        {
            var entries = await log.ReadAsync(new LogQuery { Since = start.AddSeconds(from), Until = start.AddSeconds(to) });
            Assert.Equal(Enumerable.Range(from, Math.Max(0, Math.Min(to, 50_000) - from)).Select(i => $"line {i}\n"), entries.Select(entry => entry.Line));
        }
    }

    [Fact]
    public async Task Streams_can_be_chosen()
    {
        using var log = new TestLog();
        using (var writer = log.Open())
        {
            writer.Write("out\n");
            writer.Write("err\n", LogStream.Stderr);
        }

        Assert.Equal("err\n", await log.TextAsync(new LogQuery { Stdout = false }));
        Assert.Equal("out\n", await log.TextAsync(new LogQuery { Stderr = false }));
    }

    [Fact]
    public async Task Damage_is_skipped()
    {
        using var log = new TestLog();
        var good = """{"log":"good\n","stream":"stdout","time":"2024-01-01T00:00:00Z"}""";
        var bytes = Encoding.UTF8.GetBytes(
            $"garbage\n{good}\n{{\"log\":\"x\n{new string('z', 600_000)}\n\0\0\0\n{{}}\n[1]\n{good}\n{{\"log\":\"half");
        await File.WriteAllBytesAsync(log.Path, bytes);
        Assert.Equal("good\ngood\n", await log.TextAsync());
    }

    [Fact]
    public async Task Entries_of_other_writers_are_understood()
    {
        using var log = new TestLog();
        await File.WriteAllTextAsync(log.Path, """
            { "stream": "stderr", "time": "2024-01-01T02:00:00.25+02:00", "log": "a\tb\u00e9\ud83d\ude00\n" }
            {"log":"c","stream":"stdout","attrs":{"stream":"x"},"time":"2024-01-01T00:00:00.123456789Z"}

            """);
        var entries = await log.ReadAsync();
        Assert.Equal((LogStream.Stderr, "a\tbé😀\n", 1704067200_250000000), entries[0]);
        Assert.Equal((LogStream.Stdout, "c", 1704067200_123456789), entries[1]);
    }

    [Fact]
    public async Task Following_gives_entries_as_they_come_until_the_writer_ends()
    {
        using var log = new TestLog();
        using var writer = log.Open(maxSize: 3000, maxFiles: 50);
        var ended = new TaskCompletionSource();
        var read = Task.Run(async () =>
        {
            var text = new StringBuilder();
            await foreach (var batch in new LogReader(log.Path).ReadAsync(new LogQuery { Follow = true }, ended.Task, CancellationToken.None))
            {
                foreach (var entry in batch)
                {
                    text.Append(Encoding.UTF8.GetString(entry.Line.Span));
                }
            }

            return text.ToString();
        });
        var expected = new StringBuilder();
        for (var i = 0; i < 500; i++)
        {
            writer.Write($"line {i}\n");
            expected.Append($"line {i}\n");
            if (i % 50 == 0)
            {
                await Task.Delay(5);
            }
        }

        ended.SetResult();
        Assert.Equal(expected.ToString(), await read.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task Following_waits_for_a_log_to_appear()
    {
        using var log = new TestLog();
        using var cancel = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var first = Task.Run(async () =>
        {
            await foreach (var batch in new LogReader(log.Path).ReadAsync(new LogQuery { Follow = true, Tail = 0 }, null, cancel.Token))
            {
                return Encoding.UTF8.GetString(batch[0].Line.Span);
            }

            return "";
        });
        await Task.Delay(20);
        using var writer = log.Open();
        writer.Write("hello\n");
        Assert.Equal("hello\n", await first);
    }

    [Fact]
    public async Task Following_ends_at_until()
    {
        using var log = new TestLog();
        using var writer = log.Open();
        writer.Write("x\n");
        var text = await log.TextAsync(new LogQuery { Follow = true, Until = DateTimeOffset.UtcNow.AddMilliseconds(100) }).WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal("x\n", text);
    }

    [Fact]
    public async Task Following_survives_truncation_by_others()
    {
        using var log = new TestLog();
        using var writer = log.Open();
        writer.Write("before, and longer\n");
        using var cancel = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var lines = new List<string>();
        var seen = new SemaphoreSlim(0);
        var read = Task.Run(async () =>
        {
            await foreach (var batch in new LogReader(log.Path).ReadAsync(new LogQuery { Follow = true }, null, cancel.Token))
            {
                lines.AddRange(batch.Select(entry => Encoding.UTF8.GetString(entry.Line.Span)));
                seen.Release();
                if (lines.Count == 2)
                {
                    return;
                }
            }
        });
        await seen.WaitAsync(cancel.Token);
        File.WriteAllText(log.Path, "");
        writer.Write("a\n");
        await read;
        Assert.Equal(["before, and longer\n", "a\n"], lines);
    }

    [Fact]
    public void Entries_are_written_for_the_api()
    {
        var entry = new LogEntry(LogStream.Stderr, 1704067200_123000000, "hi\n"u8.ToArray(), """{"b":"2","a":"x y"}"""u8.ToArray());
        var output = new ArrayBufferWriter<byte>();
        LogEntryWriter.Write(entry, new LogOutputOptions { Multiplexed = true, Timestamps = true, Details = true }, output);
        Assert.Equal("2024-01-01T00:00:00.123000000Z a=x%20y,b=2 hi\n", Encoding.UTF8.GetString(output.WrittenSpan[8..]));
        Assert.Equal([2, 0, 0, 0, 0, 0, 0, (byte)(output.WrittenCount - 8)], output.WrittenSpan[..8].ToArray());
    }
}
