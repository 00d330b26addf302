using System.Globalization;
using Gantry.Dockerfile;
using Gantry.Dockerfile.Shell;
using Gantry.Errors;

namespace Gantry.Build.Frontend;

/// <summary>Which stages are meant and needed.</summary>
internal static class StageNames
{
    /// <summary>Number of the stage that is built.</summary>
    /// <exception cref="GantryException">InvalidArgument, in Docker's words.</exception>
    public static int Target(ParsedDockerfile dockerfile, string target)
    {
        if (target.Length == 0)
        {
            return dockerfile.Stages.Count - 1;
        }

        for (var i = dockerfile.Stages.Count - 1; i >= 0; i--)
        {
            if (dockerfile.Stages[i].Name.Equals(target, StringComparison.OrdinalIgnoreCase))
            {
                return i;
            }
        }

        return int.TryParse(target, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number < dockerfile.Stages.Count
            ? number
            : throw GantryException.InvalidArgument($"target stage \"{target}\" could not be found");
    }

    public static void CheckUnique(ParsedDockerfile dockerfile)
    {
        var twice = dockerfile.Stages.Where(s => s.Name.Length > 0).GroupBy(s => s.Name).FirstOrDefault(g => g.Count() > 1);
        if (twice is not null)
        {
            throw GantryException.InvalidArgument($"{twice.Key} stage name already used");
        }
    }

    /// <summary>Number of the stage before <paramref name="current"/> that is meant, or -1.</summary>
    public static int Find(ParsedDockerfile dockerfile, int current, string name, bool allowNumber, out string? error)
    {
        error = null;
        if (allowNumber && int.TryParse(name, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
        {
            error = number == current ? "refers to current build stage" : number < 0 || number > current ? "index out of bounds" : null;
            return error is null ? number : -1;
        }

        for (var i = current - 1; i >= 0; i--)
        {
            if (dockerfile.Stages[i].Name.Length > 0 && dockerfile.Stages[i].Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>The stages the target needs, itself last, in the file's order. What only a trigger of a base names is not seen here.</summary>
    /// <param name="isNamed">True for names that stand for something else than a stage.</param>
    public static IReadOnlyList<int> Needed(ParsedDockerfile dockerfile, int target, WordExpander words, Func<string, bool> isNamed)
    {
        var needed = new SortedSet<int> { target };
        for (var i = target; i >= 0; i--)
        {
            if (needed.Contains(i))
            {
                needed.UnionWith(Named(dockerfile.Stages[i], words).Where(n => !isNamed(n.Name)).Select(n => Find(dockerfile, i, n.Name, n.MayBeNumber, out _)).Where(n => n >= 0));
            }
        }

        return needed.ToList();
    }

    private static IEnumerable<(string Name, bool MayBeNumber)> Named(Stage stage, WordExpander words)
    {
        if (TryExpand(stage.BaseName, words) is { } name)
        {
            yield return (name, false);
        }

        foreach (var instruction in stage.Instructions)
        {
            var names = instruction switch
            {
                CopyInstruction { From.Length: > 0 } copy => [copy.From],
                RunInstruction run => run.Mounts.Where(m => m.From.Length > 0).Select(m => m.From),
                _ => Enumerable.Empty<string>(),
            };
            foreach (var from in names)
            {
                yield return (from, true);
            }
        }
    }

    /// <summary>A base that can't be expanded is told of where its stage is built.</summary>
    private static string? TryExpand(string text, WordExpander words)
    {
        try
        {
            return words.Word(text);
        }
        catch (GantryException)
        {
            return null;
        }
    }
}
