using System.Text;
using Gantry.Errors;

namespace Gantry.Apps.Cli.Running;

/// <summary>--env-file and --label-file: a name=value pair a line, # for comments.</summary>
internal static class EnvironmentFiles
{
    /// <summary>Bytes; docker's reader of lines takes no more.</summary>
    private const int LongestLine = 64 * 1024;

    private static readonly UTF8Encoding s_strict = new(false, throwOnInvalidBytes: true);

    /// <param name="lookup">The value of a bare name; names without one are left out.</param>
    public static IEnumerable<string> Read(string path, Func<string, string?> lookup)
    {
        var result = new List<string>();
        var number = 0;
        foreach (var line in Lines(path))
        {
            number++;
            var text = Decode(path, line, number).TrimStart();
            if (text.Length > 0 && text[0] != '#' && Entry(path, text, lookup) is { } entry)
            {
                result.Add(entry);
            }
        }

        return result;
    }

    /// <summary>The lines without their ends. One by one, so that the first mistake in the file is the one that is told.</summary>
    private static IEnumerable<ReadOnlyMemory<byte>> Lines(string path)
    {
        ReadOnlyMemory<byte> rest = Content(path);
        while (!rest.IsEmpty)
        {
            var end = rest.Span.IndexOf((byte)'\n');
            var line = end < 0 ? rest : rest[..end];
            if (line.Length >= LongestLine)
            {
                throw GantryException.InvalidArgument($"invalid env file ({path}): bufio.Scanner: token too long");
            }

            yield return line.Span.EndsWith("\r"u8) ? line[..^1] : line;
            rest = end < 0 ? default : rest[(end + 1)..];
        }
    }

    private static byte[] Content(string path)
    {
        if (Directory.Exists(path))
        {
            throw GantryException.InvalidArgument($"invalid env file ({path}): read {path}: is a directory");
        }

        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw GantryException.InvalidArgument($"open {path}: {FileErrors.Describe(e)}", e);
        }
    }

    private static string Decode(string path, ReadOnlyMemory<byte> line, int number)
    {
        try
        {
            return s_strict.GetString(number == 1 && line.Span.StartsWith("\ufeff"u8) ? line.Span[3..] : line.Span);
        }
        catch (DecoderFallbackException e)
        {
            throw GantryException.InvalidArgument($"invalid env file ({path}): invalid utf8 bytes at line {number}: [{string.Join(' ', line.ToArray())}]", e);
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
