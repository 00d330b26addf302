using System.Globalization;
using Gantry.Errors;

namespace Gantry.Apps.Daemon.Composition;

/// <summary>Sizes such as <c>64m</c> or <c>1GiB</c>: powers of 1024.</summary>
internal static class ByteSize
{
    /// <exception cref="GantryException">InvalidArgument.</exception>
    internal static long Parse(string flag, string text)
    {
        var lower = text.Trim().ToLowerInvariant();
        var digits = lower.TrimEnd('b', 'i', 'k', 'm', 'g', 't');
        var shift = lower[digits.Length..].TrimEnd('b').TrimEnd('i') switch
        {
            "" => 0,
            "k" => 10,
            "m" => 20,
            "g" => 30,
            "t" => 40,
            _ => -1,
        };
        return shift >= 0 && double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && number < 1L << 22
            || (shift == 0 && double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out number))
            ? (long)(number * (1L << shift))
            : throw GantryException.InvalidArgument($"invalid argument \"{text}\" for \"--{flag}\" flag: invalid size: '{text}'");
    }
}
