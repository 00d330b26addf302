namespace Gantry.Dockerfile;

/// <summary>
/// An inline file: <c>&lt;&lt;NAME</c> on the instruction's line and the lines up to <c>NAME</c>.
/// </summary>
/// <param name="Name">The terminator without its quotes; also the file's name for COPY and ADD.</param>
/// <param name="Content">The lines with their line ends, leading tabs still there.</param>
/// <param name="Expand">False when the name was quoted: variables stay as written.</param>
/// <param name="Chomp">True for <c>&lt;&lt;-</c>: leading tabs of each line are dropped.</param>
/// <param name="Descriptor">The number before <c>&lt;&lt;</c>, 0 when there is none.</param>
public sealed record Heredoc(string Name, string Content, bool Expand, bool Chomp, int Descriptor)
{
    /// <summary>The content as the file gets it: tabs dropped where asked for.</summary>
    public string Text => Chomp ? string.Concat(SplitLines(Content).Select(line => line.TrimStart('\t'))) : Content;

    private static IEnumerable<string> SplitLines(string text)
    {
        for (var start = 0; start < text.Length;)
        {
            var end = text.IndexOf('\n', start) is var at and >= 0 ? at + 1 : text.Length;
            yield return text[start..end];
            start = end;
        }
    }
}
