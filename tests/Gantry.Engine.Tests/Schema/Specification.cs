using System.Text.RegularExpressions;
using Gantry.EndToEnd.Tests.Engine;
using YamlDotNet.RepresentationModel;

namespace Gantry.Engine.Tests.Schema;

/// <summary>An operation of the Engine API's specification.</summary>
/// <param name="Path">As the specification writes it, <c>/containers/{id}/json</c>.</param>
internal sealed record Operation(string Method, string Path, YamlMappingNode Node)
{
    internal IEnumerable<string> Tags => Node.Children.TryGetValue("tags", out var tags) ? ((YamlSequenceNode)tags).Select(t => t.ToString()) : [];

    /// <summary>The schema of a response's body; null when the status has none. False when the status isn't documented.</summary>
    internal bool TryGetResponse(int status, out YamlNode? schema)
    {
        schema = null;
        var responses = (YamlMappingNode)Node["responses"];
        if (!responses.Children.TryGetValue(status.ToString(System.Globalization.CultureInfo.InvariantCulture), out var response))
        {
            return false;
        }

        ((YamlMappingNode)response).Children.TryGetValue("schema", out schema);
        return true;
    }

    public override string ToString() => $"{Method} {Path}";
}

/// <summary>The Swagger 2 document of the Engine API (https://swagger.io/specification/v2/).</summary>
internal sealed class Specification
{
    private static readonly string[] s_methods = ["get", "head", "put", "post", "delete"];
    private readonly YamlMappingNode _root;
    private readonly List<(Regex Pattern, Operation Operation)> _operations = [];

    private Specification(YamlMappingNode root)
    {
        _root = root;
        foreach (var (path, item) in (YamlMappingNode)root["paths"])
        {
            // Names of images and plugins take slashes; a literal path comes before one with parameters.
            var pattern = new Regex("^" + Regex.Replace(Regex.Escape(path.ToString()), @"\\\{[a-zA-Z]+}", m => path.ToString().StartsWith("/containers", StringComparison.Ordinal) ? "[^/]+" : ".+") + "$");
            foreach (var method in s_methods.Where(m => ((YamlMappingNode)item).Children.ContainsKey(m)))
            {
                _operations.Add((pattern, new Operation(method.ToUpperInvariant(), path.ToString(), (YamlMappingNode)item[method])));
            }
        }

        _operations.Sort((a, b) => string.CompareOrdinal(Order(a.Operation.Path), Order(b.Operation.Path)));
    }

    internal IEnumerable<Operation> Operations => _operations.Select(o => o.Operation);

    internal static Specification Load()
    {
        using var reader = new StreamReader(System.IO.Path.Combine(Repository.Root, "src/model/Gantry.Api/Specification/engine-api-v1.51.yaml"));
        var yaml = new YamlStream();
        yaml.Load(reader);
        return new Specification((YamlMappingNode)yaml.Documents[0].RootNode);
    }

    internal Operation? Find(string method, string path) =>
        _operations.FirstOrDefault(o => o.Operation.Method == method && o.Pattern.IsMatch(path)).Operation;

    /// <summary>Follows <c>$ref</c>.</summary>
    internal YamlMappingNode Resolve(YamlNode schema)
    {
        var node = (YamlMappingNode)schema;
        while (node.Children.TryGetValue("$ref", out var reference))
        {
            node = reference.ToString()["#/".Length..].Split('/').Aggregate(_root, (at, name) => (YamlMappingNode)at[name]);
        }

        return node;
    }

    internal YamlMappingNode ErrorResponse => (YamlMappingNode)_root["definitions"]["ErrorResponse"];

    private static string Order(string path) => path.Replace("{", "\uffff", StringComparison.Ordinal);
}
