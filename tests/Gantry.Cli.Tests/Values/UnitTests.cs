using System.Text;
using Gantry.Terminal.Tables;
using Gantry.Terminal.Tty;
using Gantry.Terminal.Units;

namespace Gantry.Cli.Tests.Values;

/// <summary>Sizes, times and tables as docker prints and reads them.</summary>
public sealed class UnitTests
{
    [Theory]
    [InlineData(0, "0B")]
    [InlineData(999, "999B")]
    [InlineData(1000, "1kB")]
    [InlineData(1984123, "1.984MB")]
    [InlineData(163_999_000, "164MB")]
    [InlineData(2_500_000_000, "2.5GB")]
    public void Sizes_are_decimal(double bytes, string text) => Assert.Equal(text, Sizes.Human(bytes));

    [Theory]
    [InlineData("64m", 64L << 20)]
    [InlineData("1g", 1L << 30)]
    [InlineData("1.5k", 1536)]
    [InlineData("10KB", 10240)]
    [InlineData("2GiB", 2L << 30)]
    [InlineData("123", 123)]
    public void Sizes_of_memory_are_binary(string text, long bytes)
    {
        Assert.True(Sizes.TryParseRam(text, out var parsed, out _));
        Assert.Equal(bytes, parsed);
    }

    [Theory]
    [InlineData(0.5, "Less than a second")]
    [InlineData(1, "1 second")]
    [InlineData(59, "59 seconds")]
    [InlineData(60, "About a minute")]
    [InlineData(150, "2 minutes")]
    [InlineData(3600, "About an hour")]
    [InlineData(7300, "2 hours")]
    [InlineData(48 * 3600, "2 days")]
    [InlineData(15 * 86400, "2 weeks")]
    [InlineData(70 * 86400, "2 months")]
    [InlineData(800 * 86400, "2 years")]
    public void Ages_are_rough(double seconds, string text) => Assert.Equal(text, Durations.Human(TimeSpan.FromSeconds(seconds)));

    [Theory]
    [InlineData("1h2m3.5s", 3723_500_000_000)]
    [InlineData("300ms", 300_000_000)]
    [InlineData("-1us", -1000)]
    [InlineData("0", 0)]
    public void Durations_are_Go_s(string text, long nanoseconds)
    {
        Assert.True(Durations.TryParse(text, out var parsed, out _));
        Assert.Equal(nanoseconds, parsed);
    }

    [Theory]
    [InlineData("", "time: invalid duration \"\"")]
    [InlineData("1", "time: missing unit in duration \"1\"")]
    [InlineData("1x", "time: unknown unit \"x\" in duration \"1x\"")]
    public void What_is_no_duration_is_told_as_Go_does(string text, string message)
    {
        Assert.False(Durations.TryParse(text, out _, out var error));
        Assert.Equal(message, error);
    }

    [Fact]
    public void Tables_are_aligned_over_all_their_rows() =>
        Assert.Equal("NAME          STATUS\nlonger-name   up\nx             down\n", TabWriter.Format("NAME\tSTATUS\nlonger-name\tup\nx\tdown\n"));

    [Fact]
    public void The_detach_sequence_is_taken_out_and_what_only_begins_like_it_is_passed()
    {
        var filter = new DetachFilter(DetachKeys.Parse(DetachKeys.Default));
        var output = new byte[16];

        var (written, detached) = filter.Process("a\u0010b"u8, output);
        Assert.Equal(("a\u0010b", false), (Encoding.ASCII.GetString(output, 0, written), detached));
        (written, detached) = filter.Process("c\u0010"u8, output);
        Assert.Equal(("c", false), (Encoding.ASCII.GetString(output, 0, written), detached));
        (_, detached) = filter.Process("\u0011"u8, output);
        Assert.True(detached);
    }

    [Theory]
    [InlineData("ctrl-a,b,ctrl-[", new byte[] { 1, (byte)'b', 27 })]
    [InlineData("a,a", new byte[] { (byte)'a', (byte)'a' })]
    public void Detach_keys_are_read(string text, byte[] keys) => Assert.Equal(keys, DetachKeys.Parse(text));
}
