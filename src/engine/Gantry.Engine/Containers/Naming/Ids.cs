using System.Security.Cryptography;

namespace Gantry.Engine.Containers.Naming;

/// <summary>Random object ids: 64 hex digits, never all decimal in their first twelve, which would read as a number.</summary>
internal static class Ids
{
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
}
