using System.Text;

namespace Gantry.RegistryServer.Auth;

/// <summary>Reads the <c>Authorization</c> header.</summary>
internal static class AuthorizationHeader
{
    internal static bool TryBasic(string? header, out string user, out string password)
    {
        (user, password) = (string.Empty, string.Empty);
        if (!TryScheme(header, "Basic ", out var encoded))
        {
            return false;
        }

        var bytes = new byte[encoded.Length];
        if (!Convert.TryFromBase64String(encoded, bytes, out var written))
        {
            return false;
        }

        var text = Encoding.UTF8.GetString(bytes, 0, written);
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon <= 0)
        {
            return false;
        }

        (user, password) = (text[..colon], text[(colon + 1)..]);
        return true;
    }

    internal static bool TryBearer(string? header, out string token) => TryScheme(header, "Bearer ", out token);

    private static bool TryScheme(string? header, string scheme, out string rest)
    {
        var found = header is not null && header.StartsWith(scheme, StringComparison.OrdinalIgnoreCase);
        rest = found ? header![scheme.Length..].Trim() : string.Empty;
        return found;
    }
}
