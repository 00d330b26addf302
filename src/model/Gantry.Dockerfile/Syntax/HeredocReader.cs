using System.Text;
using Gantry.Dockerfile.Shell;

namespace Gantry.Dockerfile.Syntax;

/// <summary>Finds <c>&lt;&lt;NAME</c> words in a line and reads their contents from the lines that follow.</summary>
internal static class HeredocReader
{
    public static bool MayHave(SyntaxNode node) => node switch
    {
        { Trigger: { } trigger } => MayHave(trigger),
        { IsJson: true } => false,
        _ => node.Keyword.ToLowerInvariant() is "add" or "copy" or "run" && node.Original.Contains("<<", StringComparison.Ordinal),
    };

    public static IReadOnlyList<Heredoc> Read(string line, LineReader lines)
    {
        var heads = ShellLexer.Raw.FindWords(line).Select(ParseHead).OfType<Heredoc>();
        return heads.Select(head => head with { Content = ReadContent(head, lines) }).ToList();
    }

    /// <summary>The head that a word is, or null. Used again on COPY's source words.</summary>
    internal static Heredoc? ParseHead(string word)
    {
        var digits = word.AsSpan().IndexOfAnyExceptInRange('0', '9');
        if (digits < 0 || !word.AsSpan(digits).StartsWith("<<"))
        {
            return null;
        }

        var chomp = word.AsSpan(digits + 2).StartsWith("-");
        var name = word[(digits + (chomp ? 3 : 2))..];
        if (name.Length == 0 || name.Contains('<', StringComparison.Ordinal) || digits > 9)
        {
            return null;
        }

        var plain = ShellLexer.KeepUnset.FindWords(name);
        var raw = ShellLexer.Raw.FindWords(name);
        return plain.Count != 1 || raw.Count != 1
            ? null
            : new Heredoc(plain[0], string.Empty, plain[0] == raw[0], chomp, digits == 0 ? 0 : int.Parse(word.AsSpan(0, digits)));
    }

    private static string ReadContent(Heredoc head, LineReader lines)
    {
        var content = new StringBuilder();
        while (lines.NextRaw() is { } line)
        {
            var candidate = line.TrimEnd('\r', '\n');
            if ((head.Chomp ? candidate.TrimStart('\t') : candidate) == head.Name)
            {
                return content.ToString();
            }

            content.Append(line);
        }

        throw new SyntaxException("unterminated heredoc");
    }
}
