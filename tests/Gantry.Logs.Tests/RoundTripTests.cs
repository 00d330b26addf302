using System.Text;
using CsCheck;

namespace Gantry.Logs.Tests;

public class RoundTripTests
{
    [Fact]
    public void Any_text_in_any_pieces_comes_back_as_it_was()
    {
        // Pieces of valid UTF-8 with everything that is special to JSON or to lines; the caller gives back what was not taken.
        var piece = Gen.OneOf(Gen.String, Gen.OneOf(new[] {"\n", "\r\n", "\"", "\\", "\u2028", "<&>", "\0", "\u001b[31m", "😀", new string((char)121, 17_000) }.Select(Gen.Const).ToArray()));
        piece.List[0, 30].Sample(pieces =>
        {
            using var log = new TestLog();
            var text = string.Concat(pieces.Select(p => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(p))));
            using (var writer = log.Open())
            {
                var rest = Array.Empty<byte>();
                foreach (var bytes in Encoding.UTF8.GetBytes(text).Chunk(5000))
                {
                    byte[] input = [.. rest, .. bytes];
                    rest = input[writer.Write(LogStream.Stdout, input, end: false)..];
                    Assert.True(rest.Length < 16 * 1024);
                }

                Assert.Equal(rest.Length, writer.Write(LogStream.Stdout, rest, end: true));
            }

            Assert.Equal(text, log.TextAsync().GetAwaiter().GetResult());
        }, iter: 200);
    }

    [Fact]
    public void Any_bytes_can_be_read_without_failing()
    {
        Gen.Byte.Array[0, 3000].Sample(bytes =>
        {
            using var log = new TestLog();
            File.WriteAllBytes(log.Path, bytes);
            log.ReadAsync().GetAwaiter().GetResult();
            log.ReadAsync(new LogQuery { Tail = 3 }).GetAwaiter().GetResult();
            return true;
        }, iter: 200);
    }

    [Fact]
    public void Any_time_comes_back_as_it_was()
    {
        Gen.Long[0, 4_000_000_000_000_000_000].Sample(time =>
        {
            var text = new byte[LogTimestamp.FixedLength];
            LogTimestamp.Format(time, text);
            Assert.True(LogTimestamp.TryParse(text, out var parsed));
            Assert.Equal(time, parsed);
        });
    }
}
