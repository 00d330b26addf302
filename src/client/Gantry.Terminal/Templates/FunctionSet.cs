namespace Gantry.Terminal.Templates;

/// <summary>A template function. Failing with a GantryException makes Go's "error calling NAME: ..." of it.</summary>
/// <param name="Minimum">Fewest arguments.</param>
/// <param name="Maximum">Most arguments; null for any number.</param>
/// <param name="Types">Go types of the parameters that are checked ("string", "int", "[]string"); null in a place takes anything.</param>
internal sealed record TemplateFunction(int Minimum, int? Maximum, Func<IReadOnlyList<object?>, object?> Call, params string?[] Types);

/// <summary>The functions a template may name.</summary>
public sealed class FunctionSet
{
    private readonly Dictionary<string, TemplateFunction> _functions;

    private FunctionSet(Dictionary<string, TemplateFunction> functions)
    {
        _functions = functions;
    }

    /// <summary>Go's built-in functions and Docker's json, split, join, title, lower, upper, pad, truncate.</summary>
    public static FunctionSet Docker { get; } = new(DockerFunctions.Values());

    /// <summary>The same names for a table's header line, where json, lower, ... leave the heading as it is.</summary>
    public static FunctionSet Header { get; } = new(DockerFunctions.HeaderValues());

    internal bool Contains(string name) => name is "and" or "or" || _functions.ContainsKey(name);

    internal TemplateFunction Get(string name) => _functions[name];
}
