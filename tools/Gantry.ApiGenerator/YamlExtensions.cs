using YamlDotNet.RepresentationModel;

namespace Gantry.ApiGenerator;

internal static class YamlExtensions
{
    internal static string? Text(this YamlMappingNode node, string key) =>
        node.Children.TryGetValue(key, out var value) && value is YamlScalarNode scalar ? scalar.Value : null;

    internal static YamlMappingNode? Map(this YamlMappingNode node, string key) =>
        node.Children.TryGetValue(key, out var value) ? value as YamlMappingNode : null;

    internal static IEnumerable<YamlMappingNode> Sequence(this YamlMappingNode node, string key) =>
        node.Children.TryGetValue(key, out var value) && value is YamlSequenceNode sequence ? sequence.Children.OfType<YamlMappingNode>() : [];
}
