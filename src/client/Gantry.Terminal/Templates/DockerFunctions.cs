using Gantry.Errors;
using Gantry.Terminal.Values;

namespace Gantry.Terminal.Templates;

/// <summary>What Docker adds to Go's template functions.</summary>
internal static class DockerFunctions
{
    public static Dictionary<string, TemplateFunction> Values()
    {
        var functions = BuiltinFunctions.All();
        functions["json"] = new(1, 1, a => GoJson.Serialize(a[0]));
        functions["split"] = new(2, 2, a => Split((string)a[0]!, (string)a[1]!), "string", "string");
        functions["join"] = new(2, 2, a => string.Join((string)a[1]!, ((GoList)a[0]!).Items.Select(GoPrinter.Print)), "[]string", "string");
        functions["title"] = new(1, 1, a => Title((string)a[0]!), "string");
        functions["lower"] = new(1, 1, a => ((string)a[0]!).ToLowerInvariant(), "string");
        functions["upper"] = new(1, 1, a => ((string)a[0]!).ToUpperInvariant(), "string");
        functions["pad"] = new(3, 3, a => Pad((string)a[0]!, (long)a[1]!, (long)a[2]!), "string", "int", "int");
        functions["truncate"] = new(2, 2, a => Truncate((string)a[0]!, (long)a[1]!), "string", "int");
        return functions;
    }

    public static Dictionary<string, TemplateFunction> HeaderValues()
    {
        var functions = BuiltinFunctions.All();
        foreach (var name in (ReadOnlySpan<string>)["json", "title", "lower", "upper"])
        {
            functions[name] = new(1, 1, a => a[0]);
        }

        functions["split"] = new(2, 2, a => Split((string)a[0]!, (string)a[1]!), "string", "string");
        functions["join"] = new(2, 2, a => string.Join((string)a[1]!, ((GoList)a[0]!).Items.Select(GoPrinter.Print)), "[]string", "string");
        functions["truncate"] = new(2, 2, a => a[0]);
        functions["pad"] = new(3, 3, a => Pad((string)a[0]!, (long)a[1]!, (long)a[2]!), "string", "int", "int");
        return functions;
    }

    private static GoList Split(string text, string separator) =>
        new(separator.Length == 0 ? [.. text.EnumerateRunes().Select(r => (object?)r.ToString())] : text.Split(separator));

    private static string Title(string text) => string.Create(text.Length, text, static (span, source) =>
    {
        var previous = ' ';
        for (var i = 0; i < source.Length; i++)
        {
            var isInside = char.IsLetterOrDigit(previous) || previous is '_' or '\'';
            span[i] = isInside ? source[i] : char.ToUpperInvariant(source[i]);
            previous = source[i];
        }
    });

    private static string Pad(string text, long before, long after)
    {
        if (text.Length == 0 || before is < 0 or > 4096 || after is < 0 or > 4096)
        {
            return text.Length == 0 ? "" : throw GantryException.InvalidArgument("padding is out of range");
        }

        return new string(' ', (int)before) + text + new string(' ', (int)after);
    }

    private static string Truncate(string text, long length) =>
        length < text.Length ? text[..(int)Math.Max(0, length)] : text;
}
