using Gantry.Errors;

namespace Gantry.RegistryServer.Auth;

/// <summary>An htpasswd file, read again when its time or size changes.</summary>
internal sealed class HtpasswdFile
{
    private readonly string _path;
    private readonly Lock _lock = new();
    private (DateTime Time, long Size) _stamp;
    private Dictionary<string, string> _hashes;

    internal HtpasswdFile(string path)
    {
        _path = path;
        _stamp = Stamp();
        _hashes = Parse();
    }

    /// <summary>The present users. A file that became unreadable or malformed keeps the last good ones.</summary>
    internal IReadOnlyDictionary<string, string> Read()
    {
        lock (_lock)
        {
            try
            {
                var stamp = Stamp();
                if (stamp != _stamp)
                {
                    _hashes = Parse();
                    _stamp = stamp;
                }
            }
            catch (GantryException)
            {
                // Half-written by an editor: the next request looks again.
                return _hashes;
            }

            return _hashes;
        }
    }

    private (DateTime Time, long Size) Stamp()
    {
        var info = new FileInfo(_path);
        return info.Exists ? (info.LastWriteTimeUtc, info.Length) : throw GantryException.InvalidArgument($"open {_path}: no such file or directory");
    }

    private Dictionary<string, string> Parse()
    {
        var hashes = new Dictionary<string, string>(StringComparer.Ordinal);
        var number = 0;
        foreach (var line in File.ReadLines(_path).Select(line => line.Trim()))
        {
            number++;
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0)
            {
                throw GantryException.InvalidArgument($"{_path}: line {number}: expected user:hash");
            }

            hashes[line[..colon]] = Supported(line[(colon + 1)..])
                ? line[(colon + 1)..]
                : throw GantryException.InvalidArgument($"{_path}: line {number}: this kind of hash is not supported, make one with htpasswd -B");
        }

        return hashes;
    }

    /// <summary>bcrypt, yescrypt, sha512 and sha256 crypt. Apache's own apr1 and {SHA} are too weak to be worth it.</summary>
    private static bool Supported(string hash) => hash.StartsWith("$2", StringComparison.Ordinal) || hash.StartsWith("$y$", StringComparison.Ordinal)
        || hash.StartsWith("$6$", StringComparison.Ordinal) || hash.StartsWith("$5$", StringComparison.Ordinal);
}
