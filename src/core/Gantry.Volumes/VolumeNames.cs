using System.Buffers;
using System.Security.Cryptography;
using Gantry.Errors;

namespace Gantry.Volumes;

/// <summary>Docker's rules for names of local volumes.</summary>
internal static class VolumeNames
{
    private const int MaxLength = 255;
    private static readonly SearchValues<char> s_allowed = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-");

    /// <exception cref="GantryException">InvalidArgument in Docker's words.</exception>
    internal static void Check(string name)
    {
        if (name.Length < 2)
        {
            throw GantryException.InvalidArgument($"create {name}: volume name is too short, names should be at least two alphanumeric characters");
        }

        if (name.Length > MaxLength)
        {
            throw GantryException.InvalidArgument($"create {name}: volume name is too long, names should have at most {MaxLength} characters");
        }

        if (!char.IsAsciiLetterOrDigit(name[0]) || name.AsSpan().ContainsAnyExcept(s_allowed))
        {
            throw GantryException.InvalidArgument($"create {name}: \"{name}\" includes invalid characters for a local volume name, "
                + "only \"[a-zA-Z0-9][a-zA-Z0-9_.-]\" are allowed. If you intended to pass a host directory, use absolute path");
        }
    }

    /// <summary>64 hex digits, as Docker names anonymous volumes.</summary>
    internal static string Anonymous() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
}
