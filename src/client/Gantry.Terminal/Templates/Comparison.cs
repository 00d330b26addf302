using Gantry.Errors;
using Gantry.Terminal.Values;

namespace Gantry.Terminal.Templates;

/// <summary>The comparison functions: only values of one basic kind compare.</summary>
internal static class Comparison
{
    public static object? EqualToAny(IReadOnlyList<object?> arguments)
    {
        if (arguments.Count == 1)
        {
            throw GantryException.InvalidArgument("missing argument for comparison");
        }

        return arguments.Skip(1).Any(other => AreEqual(arguments[0], other));
    }

    public static bool AreEqual(object? left, object? right)
    {
        if (left is null or GoNil || right is null or GoNil)
        {
            return left is null or GoNil && right is null or GoNil;
        }

        return (left, right) switch
        {
            (string a, string b) => a == b,
            (bool a, bool b) => a == b,
            (long a, long b) => a == b,
            (double a, double b) => a == b,
            (GoList or GoMap, _) or (_, GoList or GoMap) => throw GantryException.InvalidArgument(
                $"non-comparable type {GoPrinter.Print(left is GoList or GoMap ? left : right)}: {GoTypes.Name(left is GoList or GoMap ? left : right)}"),
            _ => throw Incompatible(),
        };
    }

    public static int Compare(object? left, object? right) => (left, right) switch
    {
        (string a, string b) => string.CompareOrdinal(a, b),
        (long a, long b) => a.CompareTo(b),
        (double a, double b) => a.CompareTo(b),
        (bool, bool) or (GoList or GoMap or IGoObject or null or GoNil, _) => throw GantryException.InvalidArgument("invalid type for comparison"),
        _ => throw Incompatible(),
    };

    private static GantryException Incompatible() => GantryException.InvalidArgument("incompatible types for comparison");
}
