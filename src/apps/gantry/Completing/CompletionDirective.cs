namespace Gantry.Apps.Cli.Completing;

/// <summary>What the shell is to do with the candidates: the last line of the answer, as cobra's completion scripts read it.</summary>
[Flags]
internal enum CompletionDirective
{
    /// <summary>Where there are no candidates, file names.</summary>
    Default = 0,

    /// <summary>The candidates could not be found out.</summary>
    Error = 1,

    /// <summary>More belongs to the word: no space behind it.</summary>
    NoSpace = 2,

    /// <summary>No file names.</summary>
    NoFiles = 4,
}

/// <summary>What may stand at the place of the cursor.</summary>
internal sealed record Candidates(IEnumerable<Candidate> All, CompletionDirective Directive)
{
    public static Candidates None { get; } = new([], CompletionDirective.NoFiles);

    public static Candidates Files { get; } = new([], CompletionDirective.Default);

    public static Candidates Of(IEnumerable<string> words, CompletionDirective directive = CompletionDirective.NoFiles) =>
        new(words.Select(w => new Candidate(w)), directive);
}

/// <summary>A word and, where there is something to say, what it means.</summary>
internal sealed record Candidate(string Word, string Description = "");
