using System.Buffers;

namespace Gantry.Linux;

/// <summary>A path as the NUL-terminated bytes a system call takes, in the caller's stack space when it fits.</summary>
internal ref struct PathBuffer
{
    /// <summary>Bytes of stack to offer: enough for nearly every path.</summary>
    internal const int StackSize = 384;

    private readonly Span<byte> _bytes;
    private byte[]? _rented;

    internal PathBuffer(ReadOnlySpan<char> path, Span<byte> stack)
    {
        var needed = LinuxPath.MaxByteCount(path.Length) + 1;
        _bytes = needed <= stack.Length ? stack : (_rented = ArrayPool<byte>.Shared.Rent(needed));
        var length = LinuxPath.Encode(path, _bytes);
        _bytes[length] = 0;
        if (_bytes[..length].Contains((byte)0))
        {
            throw new LinuxException("open", Errno.EINVAL, "a path with a NUL byte");
        }
    }

    internal readonly ref byte GetPinnableReference() => ref _bytes.GetPinnableReference();

    internal void Dispose()
    {
        if (_rented is { } rented)
        {
            _rented = null;
            ArrayPool<byte>.Shared.Return(rented);
        }
    }
}
