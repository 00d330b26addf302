using Gantry.Build;
using Gantry.Errors;
using Gantry.IO.Git;

namespace Gantry.Engine.Builds.Jobs;

/// <summary>The options <c>context:NAME</c> of the Dockerfile frontend (moby/buildkit, frontend/dockerui/namedcontext.go).</summary>
internal static class NamedContextOptions
{
    private const string Prefix = "context:";

    /// <param name="inputs">LLB definitions that came along, by key.</param>
    /// <param name="results">Finds the result a definition refers to, held for the caller; null when there is none.</param>
    /// <exception cref="GantryException">NotImplemented: a kind of context that there isn't.</exception>
    internal static IReadOnlyDictionary<string, NamedContext> Parse(
        IReadOnlyDictionary<string, string> options, IReadOnlyDictionary<string, byte[]> inputs, Func<byte[], PreparedBuild?> results)
    {
        var named = new Dictionary<string, NamedContext>();
        foreach (var (key, value) in options.Where(o => o.Key.StartsWith(Prefix, StringComparison.Ordinal)))
        {
            var name = key[Prefix.Length..];
            var platform = name.IndexOf("::", StringComparison.Ordinal);
            named[platform < 0 ? name : name[..platform]] = Parse(name, value, inputs, results);
        }

        return named;
    }

    private static NamedContext Parse(string name, string value, IReadOnlyDictionary<string, byte[]> inputs, Func<byte[], PreparedBuild?> results)
    {
        if (GitAddress.IsSource(value))
        {
            return new NamedContext { Repository = value };
        }

        var colon = value.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0)
        {
            throw GantryException.InvalidArgument($"invalid context specifier {value} for {name}");
        }

        var rest = value[(colon + 1)..];
        return value[..colon] switch
        {
            "docker-image" => new NamedContext { Image = rest.StartsWith("//", StringComparison.Ordinal) ? rest[2..] : rest },
            "local" => new NamedContext { Folder = rest },
            "input" => new NamedContext
            {
                Build = inputs.TryGetValue(rest, out var definition) && results(definition) is { } build ? build
                    : throw GantryException.NotImplemented($"context {name}: only results of builds here can be the input of others"),
            },
            var kind => throw GantryException.NotImplemented($"context {name}: {kind} sources are not available"),
        };
    }
}
