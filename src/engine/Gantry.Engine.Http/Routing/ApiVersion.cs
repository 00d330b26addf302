using System.Globalization;

namespace Gantry.Engine.Http.Routing;

/// <summary>A version of the Engine API, as in <c>/v1.51/…</c>.</summary>
internal readonly record struct ApiVersion(int Major, int Minor) : IComparable<ApiVersion>
{
    /// <summary>The newest version served and what a path without a version means.</summary>
    internal static readonly ApiVersion Current = new(1, 51);

    internal static readonly ApiVersion Minimum = new(1, 24);

    public static bool operator <(ApiVersion left, ApiVersion right) => left.CompareTo(right) < 0;

    public static bool operator >(ApiVersion left, ApiVersion right) => left.CompareTo(right) > 0;

    public static bool operator <=(ApiVersion left, ApiVersion right) => left.CompareTo(right) <= 0;

    public static bool operator >=(ApiVersion left, ApiVersion right) => left.CompareTo(right) >= 0;

    public int CompareTo(ApiVersion other) => Major != other.Major ? Major.CompareTo(other.Major) : Minor.CompareTo(other.Minor);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Major}.{Minor}");

    /// <summary>Parses the path segment <c>v1.51</c>: digits and dots, of which what goes beyond a minor version only makes it newer.</summary>
    internal static bool TryParseSegment(string segment, out ApiVersion version)
    {
        version = default;
        if (segment.Length < 2 || segment[0] != 'v' || !segment.Skip(1).All(c => char.IsAsciiDigit(c) || c == '.'))
        {
            return false;
        }

        var parts = segment[1..].Split('.');
        version = new ApiVersion(Number(parts, 0), Number(parts, 1) + (parts.Length > 2 ? 1 : 0));
        return true;
    }

    private static int Number(string[] parts, int index) =>
        index >= parts.Length || parts[index].Length == 0 ? 0
        : int.TryParse(parts[index], NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value < int.MaxValue ? value
        : int.MaxValue - 1;
}
