using Gantry.Apps.Cli.CommandLine;
using Gantry.Apps.Cli.Completing;

namespace Gantry.Cli.Tests.Completing;

/// <summary>Lines that are still being typed; the last word is that at the cursor.</summary>
public sealed class CompletionLineTests
{
    [Theory]
    [InlineData("", "", "", null, false)]
    [InlineData("ru", "", "ru", null, false)]
    [InlineData("image ", "image", "", null, false)]
    [InlineData("-H unix:///x ps ", "ps", "", null, false)]
    [InlineData("--context ", "", "", "context", false)]
    [InlineData("run --network ", "run", "", "network", false)]
    [InlineData("run --network=ho", "run", "ho", "network", false)]
    [InlineData("run -it --pull al", "run", "al", "pull", false)]
    [InlineData("run -itv ", "run", "", "volume", false)]
    [InlineData("run -v/a:/b ", "run", "", null, false)]
    [InlineData("run --rm --", "run", "--", null, false)]
    [InlineData("run busybox -", "run", "-", null, true)]
    [InlineData("rm -- -", "rm", "-", null, true)]
    [InlineData("rm one --fo", "rm", "--fo", null, false)]
    [InlineData("run --no-such-flag ", "run", "", null, false)]
    [InlineData("run --memory nonsense ", "run", "", null, false)]
    [InlineData("container ls ", "container ls", "", null, false)]
    public void Command_word_and_awaited_flag(string typed, string command, string current, string? awaited, bool flagsEnded)
    {
        var line = Read(typed);

        Assert.Equal(command, string.Join(' ', line.Path.Words));
        Assert.Equal(current, line.Current);
        Assert.Equal(awaited, line.Awaited?.Name);
        Assert.Equal(flagsEnded, line.FlagsEnded);
        Assert.Null(line.Unknown);
    }

    [Fact]
    public void What_was_given_before_the_cursor_is_kept()
    {
        var line = Read("run --rm --log-driver local -e A=1 busybox sh -c ");

        Assert.Equal(["busybox", "sh", "-c"], line.Arguments);
        Assert.True(line.Flags.Find("rm")!.Changed);
        Assert.Equal("local", ((Flag<string>)line.Flags.Find("log-driver")!).Value);
    }

    [Fact]
    public void A_word_that_is_no_command_is_told() => Assert.Equal("compose", Read("compose up ").Unknown);

    private static CompletionLine Read(string typed)
    {
        var root = new CommandPath("gantry", [], new CommandEntry("", "", "") { Children = CommandTable.Root });
        var globals = new FlagSet();
        _ = new GlobalFlags(globals);
        return CompletionLine.Read(root, globals, typed.Split(' '));
    }
}
