using Gantry.Errors;
using Gantry.Registry;
using Gantry.RegistryServer.Auth;

namespace Gantry.RegistryServer;

/// <summary>What the server logs in with at its upstreams, from a file of lines <c>HOST[:PORT] USER PASSWORD</c>. Read again when it changes.</summary>
public sealed class UpstreamPasswords
{
    private readonly WatchedFile<Dictionary<string, RegistryCredentials>> _file;

    private UpstreamPasswords(string path) => _file = new WatchedFile<Dictionary<string, RegistryCredentials>>(path, Parse);

    /// <exception cref="GantryException">InvalidArgument: the file is missing or malformed.</exception>
    public static UpstreamPasswords FromFile(string path) => new(path);

    /// <summary>For exactly this host and port; null where the file has none.</summary>
    internal RegistryCredentials? For(Uri upstream) => _file.Read().GetValueOrDefault(upstream.Authority);

    private static Dictionary<string, RegistryCredentials> Parse(string path)
    {
        var passwords = new Dictionary<string, RegistryCredentials>(StringComparer.OrdinalIgnoreCase);
        var number = 0;
        foreach (var line in File.ReadLines(path).Select(line => line.Trim()))
        {
            number++;
            if (line.Length > 0 && line[0] != '#')
            {
                // A password may have blanks in it.
                passwords[Field(path, number, line, 0)] = new RegistryCredentials { Username = Field(path, number, line, 1), Password = Field(path, number, line, 2) };
            }
        }

        return passwords;
    }

    private static string Field(string path, int number, string line, int index) =>
        line.Split([' ', '\t'], 3, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) is { Length: 3 } fields
            ? fields[index]
            : throw GantryException.InvalidArgument($"{path}: line {number}: expected HOST[:PORT] USER PASSWORD");
}
