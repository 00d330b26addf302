using System.Security.Cryptography;

namespace Gantry.Engine.Containers.Naming;

/// <summary>Random object ids: 64 hex digits, never all decimal in their first twelve, which would read as a number.</summary>
internal static class Ids
{
    /// <summary>"health" in ASCII.</summary>
    private const string ProbePrefix = "6865616c7468";

    internal static string New()
    {
        while (true)
        {
            var id = RandomNumberGenerator.GetHexString(64, lowercase: true);
            if (id.AsSpan(0, 12).ContainsAnyExceptInRange('0', '9'))
            {
                return id;
            }
        }
    }

    /// <summary>The id of a health check's exec. Its beginning tells a later engine whose it was; nobody else gets such an id by chance.</summary>
    internal static string NewProbe() => string.Concat(ProbePrefix, New().AsSpan(ProbePrefix.Length));

    internal static bool IsProbe(string execId) => execId.StartsWith(ProbePrefix, StringComparison.Ordinal);
}
