using Gantry.Dockerfile;
using Gantry.Errors;

namespace Gantry.Build.Tests.Parsing;

public sealed class ParserTests
{
    [Fact]
    public void Keeps_lines_and_text()
    {
        var parsed = ParsedDockerfile.Parse("# syntax=docker/dockerfile:1\n\nARG V=1\nFROM a:$V AS Base\nRUN one \\\n  # comment\n  two\n\nENV A=1 B=\"x y\"\n");

        Assert.Equal("docker/dockerfile:1", parsed.Directives["syntax"]);
        Assert.Equal(new KeyValue("V", "1"), Assert.Single(parsed.GlobalArguments[0].Arguments));
        var stage = Assert.Single(parsed.Stages);
        Assert.Equal(("base", "a:$V", new SourceRange(4, 4)), (stage.Name, stage.BaseName, stage.Range));
        Assert.Equal(new SourceRange(5, 7), stage.Instructions[0].Range);
        Assert.Equal("RUN one   two", stage.Instructions[0].Source);
        Assert.Equal([new KeyValue("A", "1"), new KeyValue("B", "\"x y\"")], ((EnvInstruction)stage.Instructions[1]).Variables);
    }

    [Fact]
    public void Reads_heredocs()
    {
        var parsed = ParsedDockerfile.Parse("FROM a\nRUN <<EOF cat\nhi $X\nEOF\nCOPY <<-'A' <<B x /d/\n\ta1\nA\nb1\nB\nRUN echo <<<here\nONBUILD COPY <<Z /z\nz\nZ\nRUN [\"<<EOF\"]\n");
        var instructions = parsed.Stages[0].Instructions;

        var run = (RunInstruction)instructions[0];
        Assert.Equal(new Heredoc("EOF", "hi $X\n", true, false, 0), Assert.Single(run.Heredocs));
        var copy = (CopyInstruction)instructions[1];
        Assert.Equal([new Heredoc("A", "\ta1\n", false, true, 0), new Heredoc("B", "b1\n", true, false, 0)], copy.Heredocs);
        Assert.Equal("a1\n", copy.Heredocs[0].Text);
        Assert.Equal(["x"], copy.Sources);
        Assert.Empty(((RunInstruction)instructions[2]).Heredocs);
        Assert.Equal("COPY <<Z /z\nz\nZ", ((OnBuildInstruction)instructions[3]).Trigger);
        Assert.Equal(new SourceRange(11, 13), instructions[3].Range);
        Assert.Empty(((RunInstruction)instructions[4]).Heredocs);
    }

    [Fact]
    public void Reads_mounts()
    {
        var parsed = ParsedDockerfile.Parse(
            "FROM a\nRUN --mount=type=cache,target=/c,id=x,sharing=locked,mode=0700 --mount=from=b,src=/s,dst=/t,rw --mount=type=tmpfs,target=/m,size=1m "
            + "--mount=\"type=secret,id=k,required\" --network=none make\n");
        var run = (RunInstruction)parsed.Stages[0].Instructions[0];

        Assert.Equal(
            [
                new RunMount { Type = RunMountType.Cache, Target = "/c", Id = "x", Sharing = CacheSharing.Locked, Mode = 0x1c0 },
                new RunMount { Type = RunMountType.Bind, From = "b", Source = "/s", Target = "/t" },
                new RunMount { Type = RunMountType.Tmpfs, Target = "/m", Size = 1 << 20 },
                new RunMount { Type = RunMountType.Secret, Id = "k", Required = true },
            ],
            run.Mounts);
        Assert.Equal("none", run.Network);
    }

    [Theory]
    [InlineData("FROM a\nRUN <<EOF\nx\n", "failed to parse Dockerfile: unterminated heredoc", 2)]
    [InlineData("FROM a\n\nNONSENSE x\n", "dockerfile parse error on line 3: unknown instruction: NONSENSE", 3)]
    [InlineData("FROM a\nRUN --mount=type=nope x\n", "dockerfile parse error on line 2: unsupported mount type \"nope\"", 2)]
    [InlineData("FROM a\nRUN --mount=type=cache,id x\n", "dockerfile parse error on line 2: invalid field 'id' must be a key=value pair", 2)]
    [InlineData("FROM a\nENV \\\n  X\n", "failed to parse Dockerfile: ENV must have two arguments", 2)]
    [InlineData("FROM a\nCOPY x <<E\nE\n", "dockerfile parse error on line 2: COPY cannot accept a heredoc as a destination", 2)]
    public void Says_what_is_wrong_and_where(string text, string message, int line)
    {
        Assert.False(ParsedDockerfile.TryParse(text, out _, out var error));
        Assert.Equal((message, line), (error.Message, error.Range.Start));
        Assert.Equal(ErrorKind.InvalidArgument, Assert.Throws<GantryException>(() => ParsedDockerfile.Parse(text)).Kind);
    }

    [Theory]
    [InlineData("0", 0)]
    [InlineData("1h2m3.5s", 3_723_500_000_000)]
    [InlineData("-1.5ms", -1_500_000)]
    public void Durations_round_trip(string text, long nanoseconds)
    {
        Assert.True(GoDuration.TryParse(text, out var value, out _));
        Assert.Equal(nanoseconds, value);
        Assert.True(GoDuration.TryParse(GoDuration.Format(value), out var again, out _));
        Assert.Equal(value, again);
    }

    [Theory]
    [InlineData("*.md\n!README.md", "a.md", true)]
    [InlineData("*.md\n!README.md", "README.md", false)]
    [InlineData("*.md", "d/a.md", false)]
    [InlineData("**/*.md", "d/e/a.md", true)]
    [InlineData("**/*.md", "a.md", true)]
    [InlineData("/build", "build/x", true)]
    [InlineData("dir/*\n!dir/keep", "dir/keep/k", false)]
    [InlineData("dir/*\n!dir/keep", "dir/x", true)]
    [InlineData("a**b", "a/x/b", true)]
    [InlineData("dir/**", "dir/a/b", true)]
    [InlineData("dir/**", "dir", false)]
    [InlineData("a[0-9]?", "a1x", true)]
    [InlineData("#a\n\\#b", "#b", true)]
    public void Ignores(string patterns, string path, bool ignored) => Assert.Equal(ignored, IgnoreFile.Parse(patterns).IsIgnored(path));
}
