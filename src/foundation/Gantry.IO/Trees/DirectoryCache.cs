using Gantry.Linux;

namespace Gantry.IO.Trees;

/// <summary>The directories an unpack used last, open. Archives are nearly sorted, so a few are enough.</summary>
internal sealed class DirectoryCache : IDisposable
{
    private readonly OpenDirectory?[] _slots = new OpenDirectory?[16];
    private int _last;
    private int _next;

    internal OpenDirectory? Find(string path)
    {
        if (_slots[_last] is { } last && last.Path == path)
        {
            return last;
        }

        for (var i = 0; i < _slots.Length; i++)
        {
            if (_slots[i] is { } slot && slot.Path == path)
            {
                _last = i;
                return slot;
            }
        }

        return null;
    }

    /// <summary>Takes over the descriptor, closing that of the entry that has to go.</summary>
    internal OpenDirectory Add(OpenDirectory directory)
    {
        FileAt.Close(_slots[_next]?.Descriptor ?? -1);
        _slots[_next] = directory;
        _last = _next;
        _next = (_next + 1) % _slots.Length;
        return directory;
    }

    /// <summary>Forgets all: something that a path may lead through was replaced.</summary>
    internal void Clear()
    {
        for (var i = 0; i < _slots.Length; i++)
        {
            FileAt.Close(_slots[i]?.Descriptor ?? -1);
            _slots[i] = null;
        }
    }

    public void Dispose() => Clear();
}

/// <param name="Path">As the archive names it.</param>
/// <param name="Physical">Where that is below the root with links resolved; the same unless the archive goes through its own symlinks.</param>
internal sealed record OpenDirectory(string Path, string Physical, int Descriptor);
