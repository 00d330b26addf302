using System.Text;
using Gantry.Errors;

namespace Gantry.Apps.Cli.Running;

/// <summary>--env-file and --label-file: a name=value pair a line, # for comments.</summary>
internal static class EnvironmentFiles
{
    /// <param name="lookup">The value of a bare name; names without one are left out.</param>
    public static IEnumerable<string> Read(string path, Func<string, string?> lookup)
    {
        byte[] content;
        try
        {
            content = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw GantryException.InvalidArgument($"open {path}: {FileErrors.Describe(e)}", e);
        }

        var result = new List<string>();
        var text = Decode(path, content);
        foreach (var line in text.Split('\n').Select(l => l.TrimEnd('\r').TrimStart()))
        {
            if (line.Length > 0 && line[0] != '#' && Entry(path, line, lookup) is { } entry)
            {
                result.Add(entry);
            }
        }

        return result;
    }

    private static string Decode(string path, byte[] content)
    {
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(content).TrimStart('\ufeff');
        }
        catch (DecoderFallbackException e)
        {
            throw GantryException.InvalidArgument($"invalid env file ({path}): invalid utf8 bytes", e);
        }
    }

    private static string? Entry(string path, string line, Func<string, string?> lookup)
    {
        var mark = line.IndexOf('=', StringComparison.Ordinal);
        var name = mark < 0 ? line.TrimEnd() : line[..mark];
        if (name.Any(char.IsWhiteSpace))
        {
            throw GantryException.InvalidArgument($"invalid env file ({path}): variable '{name}' contains whitespaces");
        }

        if (name.Length == 0)
        {
            throw GantryException.InvalidArgument($"invalid env file ({path}): no variable name on line '{line}'");
        }

        return mark >= 0 ? line : lookup(name) is { } value ? $"{name}={value}" : null;
    }
}

/// <summary>Reasons of file errors in the words of errno, as Go prints them.</summary>
internal static class FileErrors
{
    public static string Describe(Exception e) => e switch
    {
        FileNotFoundException or DirectoryNotFoundException => "no such file or directory",
        UnauthorizedAccessException { InnerException: IOException inner } => Describe(inner),
        UnauthorizedAccessException => "permission denied",
        _ => (e.HResult & 0xffff) switch
        {
            Linux.Errno.EACCES => "permission denied",
            Linux.Errno.EISDIR => "is a directory",
            Linux.Errno.ENOTDIR => "not a directory",
            Linux.Errno.ENOSPC => "no space left on device",
            Linux.Errno.EEXIST => "file exists",
            Linux.Errno.ELOOP => "too many levels of symbolic links",
            _ => e.Message,
        },
    };
}
