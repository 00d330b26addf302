using System.Buffers.Text;
using System.Globalization;

namespace Gantry.Logs;

/// <summary>
/// Timestamps of entries as text, RFC 3339 with nine decimals. The clock is read once a batch; each further entry is one nanosecond later,
/// so that times are unique and sorted within a log.
/// </summary>
internal sealed class EntryClock
{
    /// <summary>Length of <c>2006-01-02T15:04:05.000000000Z</c>.</summary>
    public const int TextLength = 30;

    private const int DotPosition = 19;
    private const long NanosecondsPerSecond = 1_000_000_000;

    private readonly byte[] _text = new byte[TextLength];
    private long _second = -1;
    private long _last;

    /// <summary>The time as text for the next entry; valid until the next call.</summary>
    public ReadOnlySpan<byte> Text => _text;

    /// <summary>Reads the clock.</summary>
    public void Tick()
    {
        var now = (DateTime.UtcNow.Ticks - DateTime.UnixEpoch.Ticks) * 100;
        Set(Math.Max(now, _last + 1));
    }

    /// <summary>Moves on by a nanosecond.</summary>
    public void Next()
    {
        _last++;
        for (var i = TextLength - 2; i > DotPosition; i--)
        {
            if (_text[i] != (byte)'9')
            {
                _text[i]++;
                return;
            }

            _text[i] = (byte)'0';
        }

        Set(_last);
    }

    private void Set(long nanoseconds)
    {
        _last = nanoseconds;
        var second = nanoseconds / NanosecondsPerSecond;
        if (second != _second)
        {
            _second = second;
            _ = DateTime.UnixEpoch.AddSeconds(second).TryFormat(_text, out _, "yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture);
            _text[DotPosition] = (byte)'.';
            _text[TextLength - 1] = (byte)'Z';
        }

        _ = Utf8Formatter.TryFormat((ulong)(nanoseconds % NanosecondsPerSecond), _text.AsSpan(DotPosition + 1), out _, new System.Buffers.StandardFormat('D', 9));
    }
}
