using System.Collections;
using System.Runtime.InteropServices;
using System.Text;

namespace Gantry.Linux;

/// <summary>A null-terminated array of C strings in native memory, as exec and spawn take argv and envp.</summary>
internal readonly unsafe struct ArgumentVector : IDisposable
{
    private readonly int _count;

    public ArgumentVector(IReadOnlyList<string> strings)
    {
        _count = strings.Count;
        Pointer = (byte**)NativeMemory.AllocZeroed((nuint)(_count + 1), (nuint)sizeof(byte*));
        for (var i = 0; i < _count; i++)
        {
            var length = Encoding.UTF8.GetByteCount(strings[i]);
            Pointer[i] = (byte*)NativeMemory.AllocZeroed((nuint)length + 1);
            Encoding.UTF8.GetBytes(strings[i], new Span<byte>(Pointer[i], length));
        }
    }

    public byte** Pointer { get; }

    /// <summary>Our own environment as NAME=value.</summary>
    public static List<string> Environment()
    {
        var result = new List<string>();
        foreach (DictionaryEntry entry in System.Environment.GetEnvironmentVariables())
        {
            result.Add($"{entry.Key}={entry.Value}");
        }

        return result;
    }

    public void Dispose()
    {
        for (var i = 0; i < _count; i++)
        {
            NativeMemory.Free(Pointer[i]);
        }

        NativeMemory.Free(Pointer);
    }
}
