using System.Text.RegularExpressions;
using Gantry.Errors;

namespace Gantry.IO.Git;

/// <summary>A repository, a reference in it and a directory below its root: <c>REMOTE#REFERENCE:FOLDER</c>.</summary>
/// <param name="Remote">What git is told to fetch from.</param>
/// <param name="Reference">A branch, a tag or a commit; empty where the text names none.</param>
/// <param name="Folder">Empty for the root.</param>
public sealed partial record GitAddress(string Remote, string Reference, string Folder)
{
    private static readonly string[] s_transports = ["git://", "http://", "https://", "ssh://"];

    /// <summary>Whether Docker takes a build's context for a repository (moby, builder/remotecontext/urlutil).</summary>
    public static bool IsGit(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return (IsWeb(text) && Suffix().IsMatch(text))
            || text.StartsWith("git://", StringComparison.Ordinal)
            || text.StartsWith("github.com/", StringComparison.Ordinal)
            || text.StartsWith("git@", StringComparison.Ordinal);
    }

    /// <summary>Whether a source of ADD is a repository; <c>github.com/…</c> may as well be a file.</summary>
    public static bool IsSource(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return (IsGit(text) && !text.StartsWith("github.com/", StringComparison.Ordinal)) || text.StartsWith("ssh://", StringComparison.Ordinal);
    }

    /// <summary>Takes an address apart. What git could take for an option, or for anything but one name, is refused.</summary>
    /// <exception cref="GantryException">Internal, as Docker has it.</exception>
    public static GitAddress Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var whole = text.StartsWith("git@", StringComparison.Ordinal) || Array.Exists(s_transports, t => text.StartsWith(t, StringComparison.Ordinal))
            ? text : "https://" + text;
        if (whole.Any(char.IsControl))
        {
            throw GantryException.Internal($"parse {Quoted(whole)}: net/url: invalid control character in URL");
        }

        var parts = whole.Split('#', 2);
        var fragment = parts.Length < 2 ? [] : (whole.StartsWith("git@", StringComparison.Ordinal) ? parts[1] : Uri.UnescapeDataString(parts[1])).Split(':', 2);
        var reference = fragment.Length > 0 ? fragment[0] : string.Empty;
        if (reference.StartsWith('-') || reference.StartsWith('+') || reference.Any(c => char.IsControl(c) || c is ' ' or '*' or '?' or '[' or '\\'))
        {
            throw GantryException.Internal($"invalid refspec: {reference}");
        }

        var folder = fragment.Length > 1 ? fragment[1] : string.Empty;
        return folder.Contains('\0', StringComparison.Ordinal)
            ? throw GantryException.Internal("invalid directory in a git address")
            : new GitAddress(parts[0], reference, folder);
    }

    private static bool IsWeb(string text) => text.StartsWith("http://", StringComparison.Ordinal) || text.StartsWith("https://", StringComparison.Ordinal);

    private static string Quoted(string text) => $"\"{string.Concat(text.Select(c => char.IsControl(c) ? $"\\x{(int)c:x2}" : c.ToString()))}\"";

    [GeneratedRegex(@"\.git(?:#.+)?\z")]
    private static partial Regex Suffix();
}
