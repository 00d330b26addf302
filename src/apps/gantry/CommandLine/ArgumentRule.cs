namespace Gantry.Apps.Cli.CommandLine;

/// <summary>How many arguments a command takes.</summary>
/// <param name="Maximum">Null: any number.</param>
/// <param name="IsBare">Whether the complaint is the command library's own, without a usage line.</param>
internal readonly record struct ArgumentRule(int Minimum, int? Maximum, bool IsBare = false)
{
    public static ArgumentRule None { get; } = new(0, 0);

    public static ArgumentRule Any { get; } = new(0, null);

    public static ArgumentRule Exactly(int count) => new(count, count);

    /// <summary>As <see cref="Exactly"/>, for the few commands that docker leaves to its command library.</summary>
    public static ArgumentRule Bare(int count) => new(count, count, IsBare: true);

    public static ArgumentRule AtLeast(int count) => new(count, null);

    public static ArgumentRule AtMost(int count) => new(0, count);

    public static ArgumentRule Between(int minimum, int maximum) => new(minimum, maximum);

    /// <summary>Checks a count; the answer is Docker's complaint, or null.</summary>
    public string? Complain(CommandPath path, int count)
    {
        if (count >= Minimum && count <= (Maximum ?? int.MaxValue))
        {
            return null;
        }

        if (IsBare)
        {
            return $"accepts {Minimum} arg(s), received {count}";
        }

        var (rule, hint) = (Minimum, Maximum) switch
        {
            (0, 0) => ("accepts no arguments", "Run"),
            (_, null) => ($"requires at least {Minimum} {Plural(Minimum)}", "See"),
            
            // Docker 28's own spelling.
            (0, { } most) => ($"requires at most {most} {Plural(most)}", "SRun"),
            var (least, most) when least == most => ($"requires {least} {Plural(least)}", "Run"),
            var (least, most) => ($"requires at least {least} and at most {most} {Plural(most.Value)}", "Run"),
        };
        return $"{path.Program}: '{path}' {rule}\n\nUsage:  {path.UseLine}\n\n{hint} '{path} --help' for more information";
    }

    private static string Plural(int count) => count == 1 ? "argument" : "arguments";
}
