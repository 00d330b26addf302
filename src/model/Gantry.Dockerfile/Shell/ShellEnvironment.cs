using System.Diagnostics.CodeAnalysis;

namespace Gantry.Dockerfile.Shell;

/// <summary>The variables a word is expanded with. Of several values of one name the first counts.</summary>
public sealed class ShellEnvironment
{
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);

    /// <param name="variables"><c>NAME=value</c> texts.</param>
    public ShellEnvironment(IEnumerable<string> variables)
    {
        foreach (var variable in variables)
        {
            var equals = variable.IndexOf('=', StringComparison.Ordinal);
            _values.TryAdd(equals < 0 ? variable : variable[..equals], equals < 0 ? string.Empty : variable[(equals + 1)..]);
        }
    }

    public static ShellEnvironment Empty { get; } = new([]);

    public bool TryGet(string name, [NotNullWhen(true)] out string? value) => _values.TryGetValue(name, out value);
}
