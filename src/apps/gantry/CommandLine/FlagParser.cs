using Gantry.Errors;
using Gantry.Terminal.Units;

namespace Gantry.Apps.Cli.CommandLine;

/// <summary>
/// Docker's grammar (pflag): <c>--name value</c>, <c>--name=value</c>, <c>-n value</c>, <c>-nvalue</c>, <c>-n=value</c>, switches together
/// (<c>-itd</c>), <c>--</c> ends the flags.
/// </summary>
internal sealed class FlagParser
{
    private readonly FlagSet _flags;
    private readonly IReadOnlyList<string> _input;
    private int _next;

    private FlagParser(FlagSet flags, IReadOnlyList<string> input)
    {
        _flags = flags;
        _input = input;
    }

    /// <summary>Whether --help or -h was met; nothing after it was read.</summary>
    public bool HelpWanted { get; private set; }

    /// <summary>Whether help was asked for by the deprecated -h.</summary>
    public bool HelpByShorthand { get; private set; }

    public List<string> Arguments { get; } = [];

    /// <param name="interspersed">Whether flags may follow arguments.</param>
    /// <exception cref="GantryException">InvalidArgument: an unknown flag, or a value that does not fit.</exception>
    public static FlagParser Parse(FlagSet flags, IReadOnlyList<string> input, bool interspersed)
    {
        var parser = new FlagParser(flags, input);
        parser.Run(interspersed);
        return parser;
    }

    private void Run(bool interspersed)
    {
        while (_next < _input.Count && !HelpWanted)
        {
            var word = _input[_next++];
            if (word == "--")
            {
                TakeRest();
            }
            else if (word.Length > 1 && word[0] == '-')
            {
                ReadFlag(word);
            }
            else
            {
                Arguments.Add(word);
                if (!interspersed)
                {
                    TakeRest();
                }
            }
        }
    }

    private void TakeRest()
    {
        for (; _next < _input.Count; _next++)
        {
            Arguments.Add(_input[_next]);
        }
    }

    private void ReadFlag(string word)
    {
        if (word[1] == '-')
        {
            ReadLong(word);
        }
        else
        {
            ReadShort(word);
        }
    }

    private void ReadLong(string word)
    {
        var text = word[2..];
        if (text[0] is '-' or '=')
        {
            throw Invalid($"bad flag syntax: {word}");
        }

        var mark = text.IndexOf('=', StringComparison.Ordinal);
        var name = mark < 0 ? text : text[..mark];
        if (_flags.Find(name) is not { } flag)
        {
            HelpWanted = name == "help" ? true : throw Invalid($"unknown flag: --{name}");
            return;
        }

        var value = mark >= 0 ? text[(mark + 1)..]
            : flag.ValueWhenBare ?? (_next < _input.Count ? _input[_next++] : throw Invalid($"flag needs an argument: --{name}"));
        Set(flag, value);
        HelpWanted |= flag is { Name: "help" } and Flag<bool> { Value: true };
    }

    private void ReadShort(string word)
    {
        for (var i = 1; i < word.Length; i++)
        {
            if (_flags.Find(word[i]) is not { } flag)
            {
                HelpWanted = HelpByShorthand = word[i] == 'h' ? true : throw Invalid($"unknown shorthand flag: '{word[i]}' in -{word[i..]}");
                return;
            }

            if (i + 2 < word.Length && word[i + 1] == '=')
            {
                Set(flag, word[(i + 2)..]);
                return;
            }

            if (flag.ValueWhenBare is { } bare)
            {
                Set(flag, bare);
                continue;
            }

            Set(flag, i + 1 < word.Length ? word[(i + 1)..]
                : _next < _input.Count ? _input[_next++]
                : throw Invalid($"flag needs an argument: '{word[i]}' in -{word[i..]}"));
            return;
        }
    }

    private static void Set(Flag flag, string value)
    {
        try
        {
            flag.Set(value);
        }
        catch (GantryException e) when (e.Kind == ErrorKind.InvalidArgument)
        {
            throw Invalid($"invalid argument {Quoting.Quote(value)} for {Quoting.Quote(flag.Label)} flag: {e.Message}");
        }
    }

    private static GantryException Invalid(string message) => GantryException.InvalidArgument(message);
}
