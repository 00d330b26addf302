using System.Runtime.InteropServices;
using System.Text;

namespace Gantry.Linux;

/// <summary>A null-terminated array of C strings in one allocation, for execve(2) and posix_spawn(3).</summary>
internal sealed unsafe class NativeStrings : IDisposable
{
    private void* _memory;

    public NativeStrings(IReadOnlyList<string> strings)
    {
        var pointers = (strings.Count + 1) * sizeof(nint);
        var total = pointers;
        foreach (var text in strings)
        {
            total += Encoding.UTF8.GetByteCount(text) + 1;
        }

        _memory = NativeMemory.Alloc((nuint)total);
        Pointer = (byte**)_memory;
        var next = (byte*)_memory + pointers;
        var end = (byte*)_memory + total;
        for (var i = 0; i < strings.Count; i++)
        {
            Pointer[i] = next;
            next += Encoding.UTF8.GetBytes(strings[i], new Span<byte>(next, (int)(end - next)));
            *next++ = 0;
        }

        Pointer[strings.Count] = null;
    }

    /// <summary>The array as <c>char **</c>.</summary>
    public byte** Pointer { get; private set; }

    public void Dispose()
    {
        NativeMemory.Free(_memory);
        _memory = null;
        Pointer = null;
    }
}
