using System.Globalization;
using System.Security.Cryptography;

namespace Gantry.Networks.Addressing;

/// <summary>Hardware addresses of container interfaces and bridges.</summary>
internal static class MacAddress
{
    /// <summary>A random address that is locally administered and not a group's.</summary>
    public static byte[] Random()
    {
        var mac = RandomNumberGenerator.GetBytes(6);
        mac[0] = (byte)((mac[0] & 0xfc) | 0x02);
        return mac;
    }

    /// <summary>Reads six pairs of hex digits between colons or dashes.</summary>
    public static byte[]? Parse(string text)
    {
        var parts = text.Split(text.Contains('-', StringComparison.Ordinal) ? '-' : ':');
        var mac = new byte[6];
        for (var i = 0; i < 6; i++)
        {
            if (parts.Length != 6 || parts[i].Length != 2
                || !byte.TryParse(parts[i], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out mac[i]))
            {
                return null;
            }
        }

        return mac;
    }

    public static string Format(ReadOnlySpan<byte> mac) =>
        string.Create(CultureInfo.InvariantCulture, $"{mac[0]:x2}:{mac[1]:x2}:{mac[2]:x2}:{mac[3]:x2}:{mac[4]:x2}:{mac[5]:x2}");
}
