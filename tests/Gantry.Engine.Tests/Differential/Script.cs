namespace Gantry.Engine.Tests.Differential;

/// <summary>One request of a scenario, or a pause, or the end of a request begun before.</summary>
internal sealed record Step
{
    internal required int Line { get; init; }

    internal string Method { get; init; } = string.Empty;

    /// <summary>Path and query as in the script, before variables are put in.</summary>
    internal string Target { get; init; } = string.Empty;

    internal string? Body { get; init; }

    internal List<string> Headers { get; } = [];

    /// <summary>What goes to the hijacked connection.</summary>
    internal string? Input { get; set; }

    /// <summary>Files of a tar that is the body.</summary>
    internal List<string>? Tar { get; set; }

    /// <summary>Variables taken out of the answer: name and JSON path.</summary>
    internal List<(string Name, string Path)> Captures { get; } = [];

    /// <summary>Parts of the answer that are not compared, with <c>*</c> for any name.</summary>
    internal List<string> Ignored { get; } = [];

    /// <summary>The order of lists is the engine's own affair.</summary>
    internal bool IsUnordered { get; set; }

    /// <summary>Begun and left running under this name.</summary>
    internal string? Background { get; init; }

    /// <summary>Ends the request begun under this name.</summary>
    internal string? Join { get; init; }

    /// <summary>Seconds to wait.</summary>
    internal double Sleep { get; init; }

    internal string Title => Join is not null ? $"join {Join}" : $"{Method} {Target}" + (Body is null ? string.Empty : " " + Body);
}

internal sealed record Scenario(string File, string Name, IReadOnlyList<Step> Steps)
{
    public override string ToString() => $"{File}: {Name}";
}

/// <summary>
/// Reads scripts. A scenario begins with <c>=== name</c>; a step is <c>METHOD target [body]</c> (or <c>&amp;name METHOD …</c>, <c>join name</c>,
/// <c>sleep seconds</c>) with indented lines of its details: <c>&gt; variable=path</c>, <c>header Name: value</c>, <c>input text</c>,
/// <c>tar name=content …</c>, <c>ignore path …</c>, <c>unordered</c>. <c>$name</c> stands for a variable.
/// </summary>
internal static class ScriptReader
{
    internal static IReadOnlyList<Scenario> Read(string path)
    {
        var scenarios = new List<Scenario>();
        var steps = new List<Step>();
        var file = Path.GetFileNameWithoutExtension(path);
        var number = 0;
        foreach (var line in File.ReadLines(path))
        {
            number++;
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            if (line.StartsWith("=== ", StringComparison.Ordinal))
            {
                scenarios.Add(new Scenario(file, line[4..], steps = []));
            }
            else if (line[0] == ' ')
            {
                Detail(steps[^1], line.Trim(), $"{path}:{number}");
            }
            else
            {
                steps.Add(Parse(line, number));
            }
        }

        return scenarios;
    }

    private static Step Parse(string line, int number)
    {
        if (line.StartsWith("sleep ", StringComparison.Ordinal))
        {
            return new Step { Line = number, Sleep = double.Parse(line[6..], System.Globalization.CultureInfo.InvariantCulture) };
        }

        if (line.StartsWith("join ", StringComparison.Ordinal))
        {
            return new Step { Line = number, Join = line[5..] };
        }

        var background = line[0] == '&' ? line[1..line.IndexOf(' ', StringComparison.Ordinal)] : null;
        var parts = (background is null ? line : line[(background.Length + 2)..]).Split(' ', 3);
        return new Step { Line = number, Background = background, Method = parts[0], Target = parts[1], Body = parts.Length > 2 ? parts[2] : null };
    }

    private static void Detail(Step step, string line, string at)
    {
        var (word, rest) = line.Split(' ', 2) is [var w, var r] ? (w, r) : (line, string.Empty);
        switch (word)
        {
            case ">":
                step.Captures.Add((rest[..rest.IndexOf('=', StringComparison.Ordinal)], rest[(rest.IndexOf('=', StringComparison.Ordinal) + 1)..]));
                break;
            case "header":
                step.Headers.Add(rest);
                break;
            case "input":
                step.Input = rest.Replace("\\n", "\n", StringComparison.Ordinal);
                break;
            case "tar":
                step.Tar = [.. rest.Split(' ', StringSplitOptions.RemoveEmptyEntries)];
                break;
            case "ignore":
                step.Ignored.AddRange(rest.Split(' ', StringSplitOptions.RemoveEmptyEntries));
                break;
            case "unordered":
                step.IsUnordered = true;
                break;
            default:
                throw new FormatException($"{at}: unknown detail \"{line}\"");
        }
    }
}
