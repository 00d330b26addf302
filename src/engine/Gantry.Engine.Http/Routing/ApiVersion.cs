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

    /// <summary>Parses the path segment <c>v1.51</c>.</summary>
    internal static bool TryParseSegment(string segment, out ApiVersion version)
    {
        version = default;
        var dot = segment.IndexOf('.', StringComparison.Ordinal);
        if (segment.Length < 4 || segment[0] != 'v' || dot < 2
            || !int.TryParse(segment.AsSpan(1, dot - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var major)
            || !int.TryParse(segment.AsSpan(dot + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var minor))
        {
            return false;
        }

        version = new ApiVersion(major, minor);
        return true;
    }
}
