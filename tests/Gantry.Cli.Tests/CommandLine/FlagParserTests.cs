using Gantry.Apps.Cli.CommandLine;
using Gantry.Errors;

namespace Gantry.Cli.Tests.CommandLine;

/// <summary>Docker's grammar of flags.</summary>
public sealed class FlagParserTests
{
    [Theory]
    [InlineData("-ab", true, true, "", "")]
    [InlineData("-abn x", true, true, "x", "")]
    [InlineData("-abnx", true, true, "x", "")]
    [InlineData("-n=x -a", true, false, "x", "")]
    [InlineData("--all --name=x", true, false, "x", "")]
    [InlineData("--name x --both=false --all=1", true, false, "x", "")]
    [InlineData("--name=", false, false, "", "")]
    [InlineData("one -a two", true, false, "", "one two")]
    [InlineData("-a -- -b --name", true, false, "", "-b --name")]
    [InlineData("- -a", true, false, "", "-")]
    public void Flags_are_read(string words, bool all, bool both, string name, string arguments)
    {
        var set = new FlagSet();
        var (allFlag, bothFlag, nameFlag) = (set.Bool("all", "", 'a'), set.Bool("both", "", 'b'), set.String("name", "", 'n'));
        var parsed = FlagParser.Parse(set, words.Split(' '), interspersed: true);

        Assert.Equal((all, both, name, arguments), (allFlag.Value, bothFlag.Value, nameFlag.Value, string.Join(' ', parsed.Arguments)));
    }

    [Fact]
    public void Flags_after_the_first_argument_belong_to_it_where_the_command_says_so()
    {
        var set = new FlagSet();
        var all = set.Bool("all", "", 'a');
        var parsed = FlagParser.Parse(set, ["busybox", "-a", "--", "x"], interspersed: false);

        Assert.False(all.Value);
        Assert.Equal(["busybox", "-a", "--", "x"], parsed.Arguments);
    }

    [Theory]
    [InlineData("--nope", "unknown flag: --nope")]
    [InlineData("-xa", "unknown shorthand flag: 'x' in -xa")]
    [InlineData("-ax", "unknown shorthand flag: 'x' in -x")]
    [InlineData("--name", "flag needs an argument: --name")]
    [InlineData("-an", "flag needs an argument: 'n' in -n")]
    [InlineData("--=x", "bad flag syntax: --=x")]
    [InlineData("---x", "bad flag syntax: ---x")]
    [InlineData("--all=maybe", "invalid argument \"maybe\" for \"-a, --all\" flag: strconv.ParseBool: parsing \"maybe\": invalid syntax")]
    [InlineData("--count x", "invalid argument \"x\" for \"--count\" flag: strconv.ParseInt: parsing \"x\": invalid syntax")]
    [InlineData("--count 99999999999", "invalid argument \"99999999999\" for \"--count\" flag: strconv.ParseInt: parsing \"99999999999\": value out of range")]
    [InlineData("--size x", "invalid argument \"x\" for \"--size\" flag: invalid size: 'x'")]
    [InlineData("--wait x", "invalid argument \"x\" for \"--wait\" flag: time: invalid duration \"x\"")]
    [InlineData("--filter x", "invalid argument \"x\" for \"-f, --filter\" flag: bad format of filter (expected name=value)")]
    public void Mistakes_are_told_as_pflag_does(string words, string message)
    {
        var set = new FlagSet();
        set.Bool("all", "", 'a');
        set.String("name", "", 'n');
        set.Int("count", "", bits: 32);
        set.Bytes("size", "");
        set.Duration("wait", "");
        set.Filter("");

        Assert.Equal(message, Assert.Throws<GantryException>(() => FlagParser.Parse(set, words.Split(' '), interspersed: true)).Message);
    }

    [Theory]
    [InlineData("0x10", 16)]
    [InlineData("010", 8)]
    [InlineData("0b11", 3)]
    [InlineData("-7", -7)]
    public void Integers_have_Go_s_bases(string text, long value) => Assert.Equal(value, FlagValues.Integer(text));

    [Theory]
    [InlineData("a,\"b,c\",d", "a|b,c|d")]
    [InlineData("\"say \"\"hi\"\"\"", "say \"hi\"")]
    public void Lists_are_CSV(string text, string parts) => Assert.Equal(parts, string.Join('|', Csv.Parse(text)));

    [Fact]
    public void A_count_of_arguments_is_checked()
    {
        var path = new CommandPath("docker", ["run"], new CommandEntry("run", "[OPTIONS] IMAGE", ""));

        Assert.Equal(
            "docker: 'docker run' requires at least 1 argument\n\nUsage:  docker run [OPTIONS] IMAGE\n\nSee 'docker run --help' for more information",
            ArgumentRule.AtLeast(1).Complain(path, 0));
        Assert.Null(ArgumentRule.Between(1, 2).Complain(path, 2));
    }
}
