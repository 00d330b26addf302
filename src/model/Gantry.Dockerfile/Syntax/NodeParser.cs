namespace Gantry.Dockerfile.Syntax;

/// <summary>Turns a logical line into a node: each instruction has its own way of splitting arguments.</summary>
internal static class NodeParser
{
    public static SyntaxNode Parse(string line, char escape, bool isTrigger = false)
    {
        var (keyword, rest) = WordSplitter.SplitFirst(line.Trim());
        var (flags, arguments) = rest is null ? ([], string.Empty) : FlagSplitter.Split(rest);
        var node = new SyntaxNode { Keyword = keyword, Original = line, Flags = flags };
        arguments = arguments.Trim();
        return arguments.Length == 0 ? node : keyword.ToLowerInvariant() switch
        {
            "add" or "copy" or "volume" => Json(node, arguments) ?? node with { Arguments = WordSplitter.SplitOnBlanks(arguments) },
            "cmd" or "entrypoint" or "run" or "shell" => Json(node, arguments) ?? node with { Arguments = [arguments] },
            "expose" or "from" => node with { Arguments = WordSplitter.SplitOnBlanks(arguments) },
            "maintainer" or "stopsignal" or "user" or "workdir" => node with { Arguments = [arguments] },
            "arg" => node with { Arguments = WordSplitter.SplitQuoted(arguments, escape) },
            "env" or "label" => node with { Arguments = KeysAndValues(arguments, keyword.ToUpperInvariant(), escape) },
            "healthcheck" => HealthCheck(node, arguments),
            "onbuild" => OnBuild(node, arguments, escape, isTrigger),
            _ => node,
        };
    }

    private static SyntaxNode? Json(SyntaxNode node, string arguments) =>
        JsonForm.TryParse(arguments) is { } words ? node with { Arguments = words, IsJson = true } : null;

    /// <summary><c>KEY value with blanks</c> (the old form, one pair) or <c>a=1 b=2</c>: the first word decides.</summary>
    private static List<string> KeysAndValues(string arguments, string keyword, char escape)
    {
        var words = WordSplitter.SplitQuoted(arguments, escape);
        if (words.Count > 0 && !words[0].Contains('=', StringComparison.Ordinal))
        {
            var (key, value) = WordSplitter.SplitFirst(arguments);
            return value is null ? throw new SyntaxException($"{keyword} must have two arguments") : [key, value];
        }

        var pairs = new List<string>(words.Count * 2);
        foreach (var word in words)
        {
            var equals = word.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0)
            {
                throw new SyntaxException($"Syntax error - can't find = in {GoText.Quote(word)}. Must be of the form: name=value");
            }

            pairs.Add(word[..equals]);
            pairs.Add(word[(equals + 1)..]);
        }

        return pairs;
    }

    private static SyntaxNode HealthCheck(SyntaxNode node, string arguments)
    {
        var end = 0;
        while (end < arguments.Length && !char.IsWhiteSpace(arguments[end]))
        {
            end++;
        }

        var command = arguments[end..].TrimStart();
        if (command.Length == 0)
        {
            return node with { Arguments = [arguments[..end]] };
        }

        return JsonForm.TryParse(command) is { } words
            ? node with { Arguments = [arguments[..end], .. words], IsJson = true }
            : node with { Arguments = [arguments[..end], command] };
    }

    /// <summary>A trigger of a trigger is refused later by name, so it need not be taken apart (nor recursed into).</summary>
    private static SyntaxNode OnBuild(SyntaxNode node, string arguments, char escape, bool isTrigger)
    {
        if (isTrigger)
        {
            return node with { Arguments = [arguments] };
        }

        var trigger = Parse(arguments, escape, isTrigger: true);
        return node with { Arguments = [trigger.Keyword, .. trigger.Arguments], Trigger = trigger, IsJson = trigger.IsJson };
    }
}
