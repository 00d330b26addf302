namespace Gantry.Logs;

/// <summary>
/// Cuts a log's bytes into lines: hands out blocks of whole lines from a buffer that is filled again and again. A line that is longer than
/// any entry can be is damage and is skipped.
/// </summary>
internal sealed class LogBlocks
{
    private const int BlockSize = 256 * 1024;

    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(BlockSize);
    private int _length;
    private int _taken;
    private bool _skipping;

    /// <summary>Room to read the next bytes into; call <see cref="Added"/> afterwards.</summary>
    public Memory<byte> Room()
    {
        _buffer.AsSpan(_taken, _length - _taken).CopyTo(_buffer);
        _length -= _taken;
        _taken = 0;
        if (_length == BlockSize)
        {
            _length = 0;
            _skipping = true;
        }

        return _buffer.AsMemory(_length);
    }

    public void Added(int count) => _length += count;

    /// <summary>Forgets an incomplete line, when reading goes on in another file.</summary>
    public void Reset()
    {
        _length = _taken = 0;
        _skipping = false;
    }

    /// <summary>The next complete line without its newline.</summary>
    public bool TryTake(out Memory<byte> line)
    {
        while (true)
        {
            var end = _buffer.AsSpan(_taken, _length - _taken).IndexOf((byte)'\n');
            line = default;
            if (end < 0)
            {
                return false;
            }

            line = _buffer.AsMemory(_taken, end);
            _taken += end + 1;
            if (!_skipping)
            {
                return true;
            }

            _skipping = false;
        }
    }
}
