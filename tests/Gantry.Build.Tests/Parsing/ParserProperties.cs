using CsCheck;
using Gantry.Dockerfile;
using Gantry.Dockerfile.Shell;
using Gantry.Errors;

namespace Gantry.Build.Tests.Parsing;

/// <summary>What a stranger's Dockerfile can't do: anything but parse or be refused.</summary>
public sealed class ParserProperties
{
    private static readonly Gen<string> s_piece = Gen.OneOf(
        "FROM a", "RUN", "COPY", "ENV", "LABEL", "ONBUILD", "HEALTHCHECK", "CMD", "ARG", "SHELL", "EXPOSE", "ADD", "VOLUME", "USER", " ", "\n", "\\\n", "`\n",
        "# escape=`\n", "#", "<<E", "<<-'E'", "E\n", "\"", "'", "$", "${", "}", ":-", "#", "%", "/", "[", "]", "\"a\"", ",", "=", "--mount=", "--from=", "type=", "x",
        "\t", "\r\n", "é", "\0", "\uFEFF", "--", "\\");

    private static readonly Gen<string> s_word = Gen.OneOf(
        "a", "b", "$", "${", "}", "A", ":", "-", "+", "?", "#", "%", "/", "*", "\\", "\"", "'", " ", "`", "é").Array[0, 20].Select(string.Concat);

    [Fact]
    public void Any_text_parses_or_is_refused() => s_piece.Array[0, 60].Select(string.Concat).Sample(Target, iter: 20_000);

    [Fact]
    public void Parsed_instructions_lie_in_order_within_the_file() => s_piece.Array[0, 60].Select(p => "FROM a\n" + string.Concat(p)).Sample(text =>
    {
        if (ParsedDockerfile.TryParse(text, out var parsed, out _))
        {
            var lines = text.Split('\n').Length;
            var ranges = parsed.Stages.SelectMany(s => s.Instructions.Select(i => i.Range)).ToList();
            Assert.All(ranges, r => Assert.InRange(r.End, r.Start, lines));
        }
    }, iter: 5_000);

    [Fact]
    public void Expansion_ends_and_stays_small() => s_word.Sample(word =>
    {
        try
        {
            var environment = new ShellEnvironment(["A=value of a", "a=x*y", "b="]);
            var lexer = new ShellLexer();
            Assert.True(lexer.ProcessWord(word, environment).Length <= word.Length * 16);
            Assert.All(lexer.ProcessWords(word, environment), w => Assert.NotEmpty(w));
        }
        catch (GantryException e)
        {
            Assert.Equal(ErrorKind.InvalidArgument, e.Kind);
        }
    }, iter: 20_000);

    [Fact]
    public void A_quoted_value_comes_out_as_it_went_in() => Gen.String[Gen.Char['!', '~'], 0, 30].Sample(value =>
    {
        var quoted = "\"" + value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("$", "\\$", StringComparison.Ordinal) + "\"";
        Assert.Equal(value, new ShellLexer().ProcessWord(quoted, ShellEnvironment.Empty));
    }, iter: 5_000);

    [Fact]
    public void Globs_never_fail_but_for_bad_patterns() => Gen.Select(s_word, s_word).Sample((pattern, name) =>
    {
        try
        {
            Glob.IsMatch(pattern, name);
        }
        catch (FormatException)
        {
            Assert.Throws<FormatException>(() => Glob.Check(pattern));
        }
    }, iter: 20_000);

    [Theory]
    [InlineData(100_000)]
    public void Deep_and_long_input_is_bounded(int length)
    {
        Target("FROM a\nENV X=" + string.Concat(Enumerable.Repeat("${X:-", 10_000)));
        Target("FROM a\n" + string.Concat(Enumerable.Repeat("ONBUILD ", 7_000)));
        Target("FROM a\nCMD " + new string('[', 60_000));
        Target("FROM a\nRUN " + new string('x', length));
        Assert.Throws<GantryException>(() => new ShellLexer().ProcessWord(
            $"${{X//{string.Concat(Enumerable.Repeat("*a", 5_000))}/y}}", new ShellEnvironment(["X=" + new string('a', length)])));
        Assert.Throws<GantryException>(() => new ShellLexer().ProcessWord(
            string.Concat(Enumerable.Repeat("$X", 10_000)), new ShellEnvironment(["X=" + new string('a', length)])));
    }

    /// <summary>The fuzz target: give it what a fuzzer makes.</summary>
    internal static void Target(string text)
    {
        if (!ParsedDockerfile.TryParse(text, out var parsed, out var error))
        {
            Assert.NotEmpty(error.Message);
            return;
        }

        var words = new WordExpander(parsed.Escape, new ShellEnvironment(["A=1", "x=y z"]));
        foreach (var instruction in parsed.Stages.SelectMany(s => s.Instructions).OfType<IExpandable>())
        {
            try
            {
                instruction.Expand(words);
            }
            catch (GantryException e)
            {
                Assert.Equal(ErrorKind.InvalidArgument, e.Kind);
            }
        }
    }
}
