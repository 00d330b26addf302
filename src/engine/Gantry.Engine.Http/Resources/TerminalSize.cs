using System.Globalization;
using Gantry.Engine.Http.Routing;
using Gantry.Errors;

namespace Gantry.Engine.Http.Resources;

/// <summary>The <c>h</c> and <c>w</c> of a resize: unsigned numbers of 32 bits, of which a terminal takes the lower 16.</summary>
internal static class TerminalSize
{
    /// <exception cref="GantryException">InvalidArgument in Docker's words.</exception>
    internal static (int Rows, int Columns) Parse(QueryValues query) => (Parse(query["h"], "height"), Parse(query["w"], "width"));

    private static int Parse(string text, string what)
    {
        var negative = text.StartsWith('-');
        var digits = negative ? text[1..] : text;
        if (digits.Length == 0 || !digits.All(char.IsAsciiDigit))
        {
            throw Invalid(what, text, "invalid syntax");
        }

        return !negative && uint.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            ? (ushort)value
            : throw Invalid(what, text, "value out of range");
    }

    private static GantryException Invalid(string what, string text, string why) =>
        GantryException.InvalidArgument($"invalid resize {what} \"{text}\": {why}");
}
