using Gantry.Errors;

namespace Gantry.RegistryServer.Auth;

/// <summary>A small file, parsed again when its time or size changes.</summary>
internal sealed class WatchedFile<T>
    where T : class
{
    private readonly string _path;
    private readonly Func<string, T> _parse;
    private readonly Lock _lock = new();
    private (DateTime Time, long Size) _stamp;
    private T _content;

    /// <exception cref="GantryException">InvalidArgument: the file is missing or <paramref name="parse"/> says so.</exception>
    internal WatchedFile(string path, Func<string, T> parse)
    {
        (_path, _parse) = (path, parse);
        _stamp = Stamp();
        _content = parse(path);
    }

    /// <summary>What the file says now. One that became unreadable or malformed keeps its last good content.</summary>
    internal T Read()
    {
        lock (_lock)
        {
            try
            {
                var stamp = Stamp();
                if (stamp != _stamp)
                {
                    _content = _parse(_path);
                    _stamp = stamp;
                }
            }
            catch (GantryException)
            {
                // Half-written by an editor: the next request looks again.
                return _content;
            }

            return _content;
        }
    }

    private (DateTime Time, long Size) Stamp()
    {
        var info = new FileInfo(_path);
        return info.Exists ? (info.LastWriteTimeUtc, info.Length) : throw GantryException.InvalidArgument($"open {_path}: no such file or directory");
    }
}
