using Gantry.Errors;

namespace Gantry.RegistryServer.Auth;

/// <summary>
/// Who may do what where, from a file of lines <c>WHO REPOSITORY ACTIONS</c>: a user, <c>*</c> for every user or <c>-</c> for everybody; a repository
/// or the beginning of names, as <c>team/*</c>; <c>pull</c>, <c>push</c>, <c>delete</c> separated by commas, or <c>none</c>. What no line allows is
/// denied. Read again when the file changes.
/// </summary>
internal sealed class AccessRules
{
    private readonly WatchedFile<List<Rule>> _file;

    /// <exception cref="GantryException">InvalidArgument: the file is missing or malformed.</exception>
    internal AccessRules(string path) => _file = new WatchedFile<List<Rule>>(path, Parse);

    /// <param name="user">Empty for somebody who did not log in.</param>
    internal bool Allows(string user, string repository, string action) =>
        _file.Read().Exists(rule => (rule.Who == "-" || (user.Length > 0 && (rule.Who == "*" || rule.Who == user)))
            && Matches(rule.Repository, repository) && rule.Actions.Contains(action));

    private static bool Matches(string pattern, string repository) => pattern.EndsWith('*')
        ? repository.StartsWith(pattern[..^1], StringComparison.Ordinal)
        : repository == pattern;

    private static List<Rule> Parse(string path)
    {
        var rules = new List<Rule>();
        var number = 0;
        foreach (var line in File.ReadLines(path).Select(line => line.Trim()))
        {
            number++;
            if (line.Length > 0 && line[0] != '#')
            {
                rules.Add(line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) is [var who, var repository, var actions] && Actions(actions) is { } known
                    ? new Rule(who, repository, known)
                    : throw GantryException.InvalidArgument($"{path}: line {number}: expected WHO REPOSITORY pull,push,delete"));
            }
        }

        return rules;
    }

    private static string[]? Actions(string text)
    {
        var actions = text == "none" ? [] : text.Split(',');
        return actions.All(action => action is "pull" or "push" or "delete") ? actions : null;
    }

    private sealed record Rule(string Who, string Repository, string[] Actions);
}
