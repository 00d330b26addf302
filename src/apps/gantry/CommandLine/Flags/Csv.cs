using System.Text;
using Gantry.Errors;

namespace Gantry.Apps.Cli.CommandLine;

/// <summary>One record of comma-separated values as Go's encoding/csv reads it.</summary>
internal static class Csv
{
    public static List<string> Parse(string text)
    {
        var fields = new List<string>();
        var field = new StringBuilder();
        for (var i = 0; ; i++)
        {
            if (i < text.Length && text[i] == '"' && field.Length == 0)
            {
                i = Quoted(text, i + 1, field);
            }
            else
            {
                while (i < text.Length && text[i] != ',')
                {
                    field.Append(text[i] == '"' ? throw Fail(i, "bare \" in non-quoted-field") : text[i]);
                    i++;
                }
            }

            fields.Add(field.ToString());
            field.Clear();
            if (i >= text.Length)
            {
                return fields;
            }
        }
    }

    /// <summary>Reads up to the closing quote; the answer is the position behind it.</summary>
    private static int Quoted(string text, int i, StringBuilder field)
    {
        for (; i < text.Length; i++)
        {
            if (text[i] != '"')
            {
                field.Append(text[i]);
            }
            else if (i + 1 < text.Length && text[i + 1] == '"')
            {
                field.Append('"');
                i++;
            }
            else if (i + 1 == text.Length || text[i + 1] == ',')
            {
                return i + 1;
            }
            else
            {
                throw Fail(i + 1, "extraneous or missing \" in quoted-field");
            }
        }

        throw Fail(i, "extraneous or missing \" in quoted-field");
    }

    private static GantryException Fail(int column, string what) => GantryException.InvalidArgument($"parse error on line 1, column {column + 1}: {what}");
}
