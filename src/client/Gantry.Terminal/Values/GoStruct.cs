namespace Gantry.Terminal.Values;

/// <summary>A field of a Go struct as a template and JSON see it.</summary>
/// <param name="JsonName">Empty when JSON leaves the field out.</param>
/// <param name="OmitEmpty">Whether JSON leaves an empty value out.</param>
/// <param name="IsEmbedded">Fields of an embedded struct are reached directly and flattened in JSON.</param>
public readonly record struct GoField(string Name, string JsonName, object? Value, bool OmitEmpty = false, bool IsEmbedded = false);

/// <summary>A struct with its fields in Go's order.</summary>
/// <param name="text">What the type's <c>String</c> method says, which is how it prints then; null: it has none.</param>
public sealed class GoStruct(string typeName, IReadOnlyList<GoField> fields, string? text = null) : IGoObject
{
    public string? Text { get; } = text;

    public string TypeName { get; } = typeName;

    public IReadOnlyList<GoField> Fields { get; } = fields;

    public bool TryGet(string name, IReadOnlyList<object?> arguments, out object? value)
    {
        foreach (var field in Fields)
        {
            if (field.Name == name)
            {
                value = field.Value;
                return true;
            }
        }

        foreach (var field in Fields)
        {
            if (field.IsEmbedded && field.Value is GoStruct inner && inner.TryGet(name, arguments, out value))
            {
                return true;
            }
        }

        value = null;
        return false;
    }

    public bool IsMethod(string name) => false;

    public object? ToJsonValue()
    {
        var map = new GoMap();
        AddTo(map);
        return map;
    }

    private void AddTo(GoMap map)
    {
        foreach (var field in Fields)
        {
            if (field.IsEmbedded && field.Value is GoStruct inner)
            {
                inner.AddTo(map);
            }
            else if (field.JsonName.Length > 0 && !(field.OmitEmpty && IsEmpty(field.Value)))
            {
                map[field.JsonName] = field.Value;
            }
        }
    }

    private static bool IsEmpty(object? value) => value switch
    {
        null or GoNil => true,
        string text => text.Length == 0,
        bool flag => !flag,
        long number => number == 0,
        double number => number == 0,
        GoList list => list.Items.Count == 0,
        GoMap map => map.Count == 0,
        GoTimestamp time => time.Json == GoTimestamp.Zero,
        _ => false,
    };
}
