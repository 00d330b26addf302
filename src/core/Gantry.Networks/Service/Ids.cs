using System.Security.Cryptography;

namespace Gantry.Networks.Service;

/// <summary>Object ids as Docker's: 64 hex digits, of which the first twelve are shown.</summary>
internal static class Ids
{
    public const int ShortLength = 12;

    public static string New()
    {
        string id;
        do
        {
            id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        }
        while (Short(id).All(char.IsAsciiDigit));

        // A short id of digits alone could be taken for a number.
        return id;
    }

    public static string Short(string id) => id.Length > ShortLength ? id[..ShortLength] : id;
}
