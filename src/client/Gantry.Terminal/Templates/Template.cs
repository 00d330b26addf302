using System.Text;
using Gantry.Errors;

namespace Gantry.Terminal.Templates;

/// <summary>
/// A parsed Go template (text/template), over the value tree of <see cref="Values"/>. Errors are GantryExceptions of kind InvalidArgument
/// in Go's words: "template: :1:2: executing "" at &lt;.Foo&gt;: ...".
/// </summary>
public sealed class Template
{
    private Template(string name, string text, FunctionSet functions, IReadOnlyList<Node> root, Dictionary<string, IReadOnlyList<Node>> definitions)
    {
        Name = name;
        Text = text;
        Functions = functions;
        Root = root;
        Definitions = definitions;
    }

    /// <summary>What errors call it; mostly empty.</summary>
    internal string Name { get; }

    internal string Text { get; }

    internal FunctionSet Functions { get; }

    internal IReadOnlyList<Node> Root { get; }

    internal Dictionary<string, IReadOnlyList<Node>> Definitions { get; }

    /// <exception cref="GantryException">The text is no template.</exception>
    public static Template Parse(string text, FunctionSet? functions = null, string name = "")
    {
        functions ??= FunctionSet.Docker;
        var (root, definitions) = Parser.Parse(name, text, functions);
        return new Template(name, text, functions, root, definitions);
    }

    /// <summary>Evaluates the template over <paramref name="data"/>.</summary>
    /// <param name="failOnMissingKey">Whether a key that a map lacks is an error (Go's missingkey=error) rather than "&lt;no value&gt;".</param>
    /// <exception cref="GantryException">The template does not fit the data.</exception>
    public string Execute(object? data, bool failOnMissingKey = false)
    {
        var output = new StringBuilder();
        Execute(data, output, failOnMissingKey);
        return output.ToString();
    }

    /// <summary>As <see cref="Execute(object?, bool)"/>, appending.</summary>
    public void Execute(object? data, StringBuilder output, bool failOnMissingKey = false) => new Evaluator(this, failOnMissingKey, output).Run(data);
}
