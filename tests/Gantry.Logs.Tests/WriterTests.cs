using System.Text;
using System.Text.RegularExpressions;

namespace Gantry.Logs.Tests;

public class WriterTests
{
    [Fact]
    public void Entries_are_written_as_docker_writes_them()
    {
        using var log = new TestLog();
        using (var writer = log.Open())
        {
            writer.Write("\u0001\u0002\t\"\\<>&é\u007f\r\n\nfoo", end: true);
            writer.Write("b\n", LogStream.Stderr);
        }

        var lines = File.ReadAllLines(log.Path).Select(line => Regex.Replace(line, "\"time\":\".*\"", "T")).ToArray();
        Assert.Equal(
            [
                """{"log":"\u0001\u0002\u0009\"\\\u003c\u003e\u0026é""" + "\u007f" + """\r\n","stream":"stdout",T}""",
                """{"log":"\n","stream":"stdout",T}""",
                """{"log":"foo","stream":"stdout",T}""",
                """{"log":"b\n","stream":"stderr",T}""",
            ],
            lines);
    }

    [Fact]
    public void Invalid_utf8_and_line_separators_are_escaped()
    {
        using var log = new TestLog();
        using (var writer = log.Open())
        {
            writer.Write(LogStream.Stdout, [0xFF, .. "\u2028\u2029"u8, 0xC3, (byte)'\n'], end: false);
        }

        Assert.StartsWith("""{"log":"\ufffd\u2028\u2029\ufffd\n",""", File.ReadAllText(log.Path));
    }

    [Fact]
    public void Incomplete_lines_are_left_to_the_caller()
    {
        using var log = new TestLog();
        using var writer = log.Open();
        Assert.Equal(4, writer.Write("one\ntwo"));
        Assert.Equal(0, writer.Write("two"));
        Assert.Equal(3, writer.Write("two", end: true));
        Assert.Equal(2, File.ReadAllLines(log.Path).Length);
    }

    [Fact]
    public async Task Overlong_lines_are_split_without_breaking_characters()
    {
        using var log = new TestLog();
        var text = "x" + new string('é', 20_000);
        using (var writer = log.Open())
        {
            writer.Write(text + "\nnext\n");
        }

        var entries = await log.ReadAsync();
        Assert.Equal(4, entries.Count);
        Assert.Equal(16383, Encoding.UTF8.GetByteCount(entries[0].Line));
        Assert.Equal(text + "\nnext\n", string.Concat(entries.Select(entry => entry.Line)));
    }

    [Fact]
    public void Files_rotate_and_the_oldest_goes()
    {
        using var log = new TestLog();
        using (var writer = log.Open(maxSize: 1000, maxFiles: 3))
        {
            for (var i = 0; i < 100; i++)
            {
                writer.Write($"line {i}\n");
            }
        }

        Assert.Equal(["c-json.log", "c-json.log.1", "c-json.log.2"], Directory.GetFiles(log.Directory).Select(Path.GetFileName).Order());
        Assert.All(Directory.GetFiles(log.Directory), file => Assert.InRange(new FileInfo(file).Length, 1, 1100));
    }

    [Fact]
    public void Rotation_splits_a_large_batch()
    {
        using var log = new TestLog();
        using (var writer = log.Open(maxSize: 4000, maxFiles: 1000))
        {
            writer.Write(string.Concat(Enumerable.Range(0, 1000).Select(i => $"line {i}\n")));
        }

        Assert.All(Directory.GetFiles(log.Directory), file => Assert.InRange(new FileInfo(file).Length, 1, 4100));
    }

    [Fact]
    public async Task With_one_file_a_full_log_is_emptied()
    {
        using var log = new TestLog();
        using (var writer = log.Open(maxSize: 500))
        {
            for (var i = 0; i < 50; i++)
            {
                writer.Write($"line {i}\n");
            }
        }

        Assert.Single(Directory.GetFiles(log.Directory));
        Assert.EndsWith("line 49\n", await log.TextAsync());
    }

    [Fact]
    public void Attributes_go_into_every_entry()
    {
        using var log = new TestLog();
        using (var writer = log.Open(attributes: """{"tag":"a"}"""))
        {
            writer.Write("x\n");
        }

        Assert.Contains("""{"log":"x\n","stream":"stdout","attrs":{"tag":"a"},"time":""", File.ReadAllText(log.Path));
    }

    [Fact]
    public async Task Times_are_unique_and_sorted()
    {
        using var log = new TestLog();
        using (var writer = log.Open())
        {
            writer.Write(string.Concat(Enumerable.Repeat("\n", 100_000)));
            writer.Write("\n");
        }

        var times = (await log.ReadAsync()).Select(entry => entry.Time).ToList();
        Assert.Equal(100_001, times.Count);
        Assert.Equal(times.Distinct().Order(), times);
        Assert.InRange(times[^1], LogTimestamp.FromTime(DateTimeOffset.UtcNow.AddMinutes(-1)), LogTimestamp.FromTime(DateTimeOffset.UtcNow.AddSeconds(1)));
    }

    [Fact]
    public void A_full_disk_loses_entries_but_tears_none()
    {
        using var log = new TestLog();
        File.CreateSymbolicLink(log.Path, "/dev/full");
        using var writer = log.Open();
        Assert.Equal(2, writer.Write("x\n"));
        Assert.Equal(1, writer.LostEntries);
        Assert.Equal(28, writer.LastError);
    }

    [Fact]
    public async Task Progress_tells_what_is_safe()
    {
        using var log = new TestLog();
        var progress = new Recorder();
        var text = string.Concat(Enumerable.Range(0, 20_000).Select(i => $"line {i} {new string('x', 50)}\n"));
        using var writer = log.Open(maxSize: 300_000, maxFiles: 20);
        writer.Write(LogStream.Stdout, Encoding.UTF8.GetBytes(text + "rest"), end: false, progress);
        Assert.Equal(text.Length, progress.Steps[^1].Consumed);
        Assert.Equal(new FileInfo(log.Path).Length, progress.Steps[^1].Size);
        Assert.Contains(progress.Steps, step => step.Size == 0);
        Assert.Equal(progress.Steps.OrderBy(step => step.Consumed), progress.Steps);
        Assert.Equal(text, await log.TextAsync());
    }

    private sealed class Recorder : ILogProgress
    {
        public List<(int Consumed, long Size)> Steps { get; } = [];

        public void Written(int consumed, long fileSize) => Steps.Add((consumed, fileSize));
    }
}
