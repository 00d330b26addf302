using System.Text;
using System.Text.Json;
using Gantry.Apps.Cli.CommandLine;
using Gantry.Errors;
using Gantry.Terminal.Templates;
using Gantry.Terminal.Values;

namespace Gantry.Apps.Cli.Inspecting;

/// <summary>An object to inspect: the engine's JSON, and the Go type that docker's templates see.</summary>
internal sealed record Inspected(string GoType, ReadOnlyMemory<byte> Json);

/// <summary>Prints objects as a JSON list, or each by a template. What isn't there is told at the end.</summary>
internal sealed class Inspector(Cli cli, string format)
{
    private const int BadTemplate = 64;

    private readonly Template? _template = format is "" or "json" ? null : Parse(format);
    private readonly List<ReadOnlyMemory<byte>> _raw = [];
    private readonly StringBuilder _text = new();
    private readonly List<string> _failures = [];

    public static async Task<int> RunAsync(Cli cli, string format, IReadOnlyList<string> names, Func<string, Task<Inspected>> get)
    {
        var inspector = new Inspector(cli, format);
        foreach (var name in names)
        {
            try
            {
                inspector.Add(await get(name));
            }
            catch (GantryException e)
            {
                inspector._failures.Add(e.Message);
            }
        }

        inspector.Flush();
        return inspector._failures.Count == 0 ? 0 : throw new CliException(string.Join('\n', inspector._failures), 1);
    }

    private void Add(Inspected item)
    {
        if (_template is null)
        {
            _raw.Add(Trimmed(item.Json));
            return;
        }

        using var json = JsonDocument.Parse(item.Json);
        _text.Append(Execute(item.GoType, json.RootElement)).Append('\n');
    }

    /// <summary>First as docker's own type; where that does not fit, as plain JSON in which a missing key is an error.</summary>
    private string Execute(string type, JsonElement json)
    {
        try
        {
            return _template!.Execute(type.Length > 0 ? GoTypeReader.Read(type, json) : GoValues.FromJson(json));
        }
        catch (GantryException)
        {
            try
            {
                return _template!.Execute(GoValues.FromJson(json), failOnMissingKey: true);
            }
            catch (GantryException e)
            {
                throw GantryException.InvalidArgument($"template parsing error: {e.Message}", e);
            }
        }
    }

    private void Flush()
    {
        if (_template is not null)
        {
            cli.Out.Write(_text.Length > 0 ? _text.ToString() : "\n");
            return;
        }

        using var list = new MemoryStream();
        list.WriteByte((byte)'[');
        for (var i = 0; i < _raw.Count; i++)
        {
            list.Write(i > 0 ? ","u8 : default);
            list.Write(_raw[i].Span);
        }

        list.WriteByte((byte)']');
        cli.Out.WriteBytes(format == "json" ? list.ToArray() : JsonText.Indent(list.ToArray(), "    "));
        cli.Out.WriteLine();
    }

    private static ReadOnlyMemory<byte> Trimmed(ReadOnlyMemory<byte> json)
    {
        var end = json.Length;
        while (end > 0 && json.Span[end - 1] is (byte)'\n' or (byte)'\r' or (byte)' ')
        {
            end--;
        }

        return json[..end];
    }

    private static Template Parse(string format)
    {
        try
        {
            return Template.Parse(format);
        }
        catch (GantryException e)
        {
            throw new CliException($"template parsing error: {e.Message}", BadTemplate);
        }
    }
}
