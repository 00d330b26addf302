using System.Text;

namespace Gantry.ApiGenerator;

internal static class Names
{
    /// <summary>A C# identifier in Pascal case: <c>os.version</c> is OsVersion, <c>io_time</c> is IoTime.</summary>
    internal static string Clr(string json)
    {
        var text = new StringBuilder();
        var upper = true;
        foreach (var c in json)
        {
            if (!char.IsAsciiLetterOrDigit(c))
            {
                upper = true;
                continue;
            }

            text.Append(upper ? char.ToUpperInvariant(c) : c);
            upper = false;
        }

        return char.IsAsciiDigit(text[0]) ? "_" + text : text.ToString();
    }

    internal static string OfReference(string reference) => reference[(reference.LastIndexOf('/') + 1)..];

    internal static string Singular(string name) =>
        name.EndsWith("ies", StringComparison.Ordinal) ? name[..^3] + "y"
        : name.EndsWith('s') && !name.EndsWith("ss", StringComparison.Ordinal) ? name[..^1]
        : name.EndsWith("Item", StringComparison.Ordinal) ? name
        : name + "Item";
}
