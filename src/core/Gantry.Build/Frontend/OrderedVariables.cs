using Gantry.Dockerfile;

namespace Gantry.Build.Frontend;

/// <summary>
/// Variables as BuildKit has them: ARG and ENV set them in the order of the file, so the later one counts, and a stage goes on with those of the stage
/// it is built on.
/// </summary>
internal sealed class OrderedVariables
{
    private readonly List<KeyValuePair<string, string>> _values = [];
    private readonly List<string> _arguments = [];

    /// <param name="environment">Of the image a stage begins with.</param>
    public OrderedVariables(IEnumerable<string> environment)
    {
        foreach (var variable in environment)
        {
            var parts = variable.Split('=', 2);
            Set(parts[0], parts.Length > 1 ? parts[1] : string.Empty);
        }
    }

    private OrderedVariables(OrderedVariables other)
    {
        _values = [.. other._values];
        _arguments = [.. other._arguments];
    }

    /// <summary><c>NAME=value</c>, as a RUN has them.</summary>
    public IReadOnlyList<string> Environment => [.. _values.Select(v => $"{v.Key}={v.Value}")];

    /// <summary><c>|2 A=1 B=</c>: the declared arguments with what they are now, as a RUN's history shows them; nothing where there is none.</summary>
    public IReadOnlyList<string> Shown => _arguments.Count == 0 ? [] : [$"|{_arguments.Count}", .. _arguments.Select(a => $"{a}={_values.Find(v => v.Key == a).Value}")];

    public OrderedVariables Copy() => new(this);

    public void Set(string name, string value)
    {
        var at = _values.FindIndex(v => v.Key == name);
        if (at >= 0)
        {
            _values[at] = new(name, value);
        }
        else
        {
            _values.Add(new(name, value));
        }
    }

    /// <summary>ARG: one without a value changes nothing, but is shown.</summary>
    public void Declare(KeyValue argument)
    {
        if (!_arguments.Contains(argument.Key))
        {
            _arguments.Add(argument.Key);
        }

        if (argument.Value is { } value)
        {
            Set(argument.Key, value);
        }
    }
}
