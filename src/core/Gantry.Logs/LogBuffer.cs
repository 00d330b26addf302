using System.Runtime.CompilerServices;

namespace Gantry.Logs;

/// <summary>Output memory shared by all log writers of one thread.</summary>
public sealed class LogBuffer
{
    private const int Capacity = 256 * 1024;

    // Pinned and outside the ordinary generations: never moved, never scanned.
    private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(Capacity, pinned: true);

    public int Length { get; private set; }

    internal ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

    internal Span<byte> Free => _bytes.AsSpan(Length);

    /// <summary>True when any one entry with so many bytes around its text fits.</summary>
    internal bool HasRoom(int around) => Capacity - Length >= (JsonLogFormat.MaxLine * JsonLogFormat.MaxExpansion) + around + 64;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Append(ReadOnlySpan<byte> text)
    {
        text.CopyTo(Free);
        Length += text.Length;
    }

    internal void Advance(int count) => Length += count;

    internal void Clear() => Length = 0;
}
