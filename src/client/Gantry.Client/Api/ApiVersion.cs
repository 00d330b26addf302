using System.Globalization;

namespace Gantry.Client.Api;

/// <summary>An Engine API version such as 1.51; compared part by part.</summary>
public readonly record struct ApiVersion(int Major, int Minor) : IComparable<ApiVersion>
{
    /// <summary>The newest version this client speaks.</summary>
    public static ApiVersion Newest { get; } = new(1, 51);

    /// <summary>What an engine that does not say its version speaks.</summary>
    public static ApiVersion Fallback { get; } = new(1, 24);

    public static bool operator <(ApiVersion left, ApiVersion right) => left.CompareTo(right) < 0;

    public static bool operator >(ApiVersion left, ApiVersion right) => left.CompareTo(right) > 0;

    public static bool operator <=(ApiVersion left, ApiVersion right) => left.CompareTo(right) <= 0;

    public static bool operator >=(ApiVersion left, ApiVersion right) => left.CompareTo(right) >= 0;

    public static bool TryParse(string? text, out ApiVersion version)
    {
        version = default;
        var span = text.AsSpan().Trim();
        span = span.StartsWith("v", StringComparison.Ordinal) ? span[1..] : span;
        var dot = span.IndexOf('.');
        if (dot <= 0
            || !int.TryParse(span[..dot], NumberStyles.None, CultureInfo.InvariantCulture, out var major)
            || !int.TryParse(span[(dot + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var minor))
        {
            return false;
        }

        version = new ApiVersion(major, minor);
        return true;
    }

    public int CompareTo(ApiVersion other) => Major != other.Major ? Major.CompareTo(other.Major) : Minor.CompareTo(other.Minor);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Major}.{Minor}");
}
