using Gantry.Terminal.Values;

namespace Gantry.Terminal.Templates;

/// <summary>Go's truth: false for false, 0, nil and whatever is empty.</summary>
internal static class Truth
{
    public static bool Of(object? value) => value switch
    {
        null or GoNil => false,
        bool flag => flag,
        string text => text.Length > 0,
        long number => number != 0,
        double number => number != 0,
        GoList list => list.Items.Count > 0,
        GoMap map => map.Count > 0,
        _ => true,
    };
}

/// <summary>Names of Go types, for messages.</summary>
internal static class GoTypes
{
    public static string Name(object? value) => value switch
    {
        null or GoNil => "<nil>",
        bool => "bool",
        string => "string",
        long => "int",
        double => "float64",
        GoList list => "[]" + list.ElementType,
        GoMap { IsUntyped: true } => "map[string]interface {}",
        GoMap => "map[string]string",
        IGoObject other => other.TypeName,
        _ => value.GetType().Name,
    };
}
