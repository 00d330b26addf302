using System.Text.RegularExpressions;
using Gantry.Errors;

namespace Gantry.Logs.Drivers;

/// <summary>Labels and variables of a container that go into its entries: options <c>labels</c>, <c>labels-regex</c>, <c>env</c>, <c>env-regex</c>.</summary>
public static class LogAttributes
{
    /// <param name="rename">How the driver writes a name.</param>
    /// <exception cref="GantryException">InvalidArgument: not a regular expression.</exception>
    public static SortedDictionary<string, string> Of(LogSubject subject, Func<string, string>? rename = null)
    {
        ArgumentNullException.ThrowIfNull(subject);
        var found = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var variables = new Dictionary<string, string>();
        foreach (var entry in subject.Environment)
        {
            if (entry.IndexOf('=', StringComparison.Ordinal) is > 0 and var equals)
            {
                variables[entry[..equals]] = entry[(equals + 1)..];
            }
        }

        Choose(subject, "labels", subject.Labels, rename, found);
        Choose(subject, "env", variables, rename, found);
        return found;
    }

    private static void Choose(
        LogSubject subject, string option, IReadOnlyDictionary<string, string> from, Func<string, string>? rename, SortedDictionary<string, string> found)
    {
        var names = subject.Options.GetValueOrDefault(option, string.Empty).Split(',', StringSplitOptions.RemoveEmptyEntries);
        var pattern = Pattern(subject.Options.GetValueOrDefault(option + "-regex", string.Empty));
        foreach (var (name, value) in from)
        {
            if (names.Contains(name) || pattern?.IsMatch(name) == true)
            {
                found[rename?.Invoke(name) ?? name] = value;
            }
        }
    }

    /// <summary>Without backtracking, as in Go: no pattern takes more than linear time.</summary>
    private static Regex? Pattern(string text)
    {
        try
        {
            return text.Length == 0 ? null : new Regex(text, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            throw GantryException.InvalidArgument($"error parsing regexp: {Reason(e, text)}", e);
        }
    }

    /// <summary>Go's words for the mistakes that are made most; .NET's for the rest.</summary>
    private static string Reason(Exception e, string text) => (e as RegexParseException)?.Error switch
    {
        RegexParseError.InsufficientClosingParentheses => $"missing closing ): `{text}`",
        RegexParseError.InsufficientOpeningParentheses => $"unexpected ): `{text}`",
        RegexParseError.UnterminatedBracket => $"missing closing ]: `{text[text.IndexOf('[', StringComparison.Ordinal)..]}`",
        RegexParseError.QuantifierAfterNothing => $"missing argument to repetition operator: `{text[((RegexParseException)e).Offset - 1]}`",
        { } error => $"{error}: `{text}`",
        null => e.Message,
    };
}
