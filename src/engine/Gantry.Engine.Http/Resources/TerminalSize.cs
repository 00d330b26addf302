using System.Globalization;
using Gantry.Engine.Http.Routing;
using Gantry.Errors;

namespace Gantry.Engine.Http.Resources;

/// <summary>The <c>h</c> and <c>w</c> of a resize.</summary>
internal static class TerminalSize
{
    /// <exception cref="GantryException">InvalidArgument in Go's words.</exception>
    internal static (int Rows, int Columns) Parse(QueryValues query) => (Parse(query["h"]), Parse(query["w"]));

    private static int Parse(string text) =>
        ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw GantryException.InvalidArgument($"strconv.Atoi: parsing \"{text}\": invalid syntax");
}
