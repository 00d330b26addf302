using Gantry.Errors;

namespace Gantry.RegistryServer.Auth;

/// <summary>An htpasswd file, read again when its time or size changes.</summary>
internal sealed class HtpasswdFile
{
    private readonly WatchedFile<Dictionary<string, string>> _file;

    internal HtpasswdFile(string path) => _file = new WatchedFile<Dictionary<string, string>>(path, Parse);

    /// <summary>The present users. A file that became unreadable or malformed keeps the last good ones.</summary>
    internal IReadOnlyDictionary<string, string> Read() => _file.Read();

    private static Dictionary<string, string> Parse(string path)
    {
        var hashes = new Dictionary<string, string>(StringComparer.Ordinal);
        var number = 0;
        foreach (var line in File.ReadLines(path).Select(line => line.Trim()))
        {
            number++;
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0)
            {
                throw GantryException.InvalidArgument($"{path}: line {number}: expected user:hash");
            }

            hashes[line[..colon]] = Supported(line[(colon + 1)..])
                ? line[(colon + 1)..]
                : throw GantryException.InvalidArgument($"{path}: line {number}: this kind of hash is not supported, make one with htpasswd -B");
        }

        return hashes;
    }

    /// <summary>bcrypt, yescrypt, sha512 and sha256 crypt. Apache's own apr1 and {SHA} are too weak to be worth it.</summary>
    private static bool Supported(string hash) => hash.StartsWith("$2", StringComparison.Ordinal) || hash.StartsWith("$y$", StringComparison.Ordinal)
        || hash.StartsWith("$6$", StringComparison.Ordinal) || hash.StartsWith("$5$", StringComparison.Ordinal);
}
