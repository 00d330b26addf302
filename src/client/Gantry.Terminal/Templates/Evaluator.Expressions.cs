using Gantry.Errors;
using Gantry.Terminal.Units;
using Gantry.Terminal.Values;

namespace Gantry.Terminal.Templates;

/// <summary>Pipelines, commands, fields and function calls.</summary>
internal sealed partial class Evaluator
{
    private const string RowField = "interface {}";

    /// <summary>Stands for "no piped value", which is not the same as a piped nil.</summary>
    private static readonly object s_missing = new();

    private object? Evaluate(PipeNode pipe, object? dot)
    {
        _at = pipe;
        var value = s_missing;
        for (var i = 0; i < pipe.Commands.Count; i++)
        {
            value = Evaluate(pipe.Commands[i], dot, value);
        }

        for (var i = 0; i < pipe.Variables.Count; i++)
        {
            var variable = pipe.Variables[i];
            if (pipe.IsAssignment)
            {
                Assign(variable.Names[0], value);
            }
            else
            {
                _variables.Add((variable.Names[0], value));
            }
        }

        return value;
    }

    private object? Evaluate(CommandNode command, object? dot, object? piped)
    {
        var first = command.Arguments[0];
        switch (first)
        {
            case FieldNode field:
                return Fields(dot, field.Names, field, command, dot, piped);
            case ChainNode chain:
                return Fields(Argument(chain.Inner, dot), chain.Names, chain, command, dot, piped);
            case VariableNode variable:
                return Variable(variable, command, dot, piped);
            case IdentifierNode identifier:
                return Call(identifier, command, command, dot, piped);
        }

        _at = first;
        if (command.Arguments.Count > 1 || piped != s_missing)
        {
            throw Fail($"can't give argument to non-function {first}");
        }

        return first switch
        {
            PipeNode pipe => Evaluate(pipe, dot),
            NilNode => throw Fail("nil is not a command"),
            _ => Argument(first, dot),
        };
    }

    private object? Argument(Node node, object? dot)
    {
        _at = node;
        return node switch
        {
            DotNode => dot,
            NilNode => null,
            LiteralNode literal => literal.Value,
            PipeNode pipe => Evaluate(pipe, dot),
            FieldNode field => Fields(dot, field.Names, field, null, dot, s_missing),
            ChainNode chain => Fields(Argument(chain.Inner, dot), chain.Names, chain, null, dot, s_missing),
            VariableNode variable => Variable(variable, null, dot, s_missing),
            IdentifierNode identifier => Call(identifier, identifier, null, dot, s_missing),
            _ => throw Fail($"can't handle {node}"),
        };
    }

    private object? Variable(VariableNode node, CommandNode? command, object? dot, object? piped)
    {
        _at = node;
        var index = _variables.FindLastIndex(v => v.Name == node.Names[0]);
        if (index < 0)
        {
            // Known to the parser already, but used in what it is to be set from: {{range $i := $i}}.
            throw Fail($"undefined variable: {node.Names[0]}");
        }

        var value = _variables[index].Value;
        if (node.Names.Count > 1)
        {
            return Fields(value, [.. node.Names.Skip(1)], node, command, dot, piped);
        }

        return command is { Arguments.Count: > 1 } || piped != s_missing ? throw Fail($"can't give argument to non-function {node}") : value;
    }

    private object? Fields(object? receiver, IReadOnlyList<string> names, Node node, CommandNode? command, object? dot, object? piped)
    {
        _at = node;
        for (var i = 0; i < names.Count - 1; i++)
        {
            receiver = Field(receiver, names[i], [], i == 0);
        }

        var arguments = Arguments(command, dot, piped);
        _at = node;
        return Field(receiver, names[^1], arguments, names.Count == 1);
    }

    /// <summary>What a command gives to its field or method.</summary>
    private IReadOnlyList<object?> Arguments(CommandNode? command, object? dot, object? piped)
    {
        if (command is null or { Arguments.Count: 1 } && piped == s_missing)
        {
            return [];
        }

        var arguments = new List<object?>();
        for (var i = 1; i < (command?.Arguments.Count ?? 0); i++)
        {
            arguments.Add(Argument(command!.Arguments[i], dot));
        }

        if (piped != s_missing)
        {
            arguments.Add(piped);
        }

        return arguments;
    }

    private object? Field(object? receiver, string name, IReadOnlyList<object?> arguments, bool isRoot)
    {
        switch (receiver)
        {
            case null:
                return _failOnMissingKey ? throw Fail($"nil data; no entry for key {Quoting.Quote(name)}") : null;
            case GoNil:
                throw Fail($"nil pointer evaluating {RowField}.{name}");
            case GoMap when arguments.Count > 0:
                throw Fail($"{name} is not a method but has arguments");
            case GoMap map:
                return map.TryGet(name, out var value) ? value
                    : _failOnMissingKey ? throw Fail($"map has no entry for key {Quoting.Quote(name)}")
                    : null;
            case IGoObject structure when arguments.Count > 0 && !structure.IsMethod(name) && structure.TryGet(name, [], out _):
                throw Fail(structure is GoStruct
                    ? $"{name} has arguments but cannot be invoked as function"
                    : $"wrong number of args for {name}: want 0 got {arguments.Count}");
            case IGoObject structure when structure.IsMethod(name) && arguments.Count == 0:
                throw Fail($"wrong number of args for {name}: want 1 got 0");
            case IGoObject structure:
                return structure.TryGet(name, arguments, out var field) ? field : throw Fail($"can't evaluate field {name} in type {structure.TypeName}");
            default:
                throw Fail($"can't evaluate field {name} in type {(isRoot || !_failOnMissingKey ? GoTypes.Name(receiver) : RowField)}");
        }
    }

    private object? Call(IdentifierNode identifier, Node node, CommandNode? command, object? dot, object? piped)
    {
        _at = identifier;
        var nodes = command?.Arguments.Skip(1).ToArray() ?? [];
        var count = nodes.Length + (piped == s_missing ? 0 : 1);
        if (identifier.Name is "and" or "or")
        {
            return ShortCircuit(identifier, nodes, dot, piped);
        }

        var function = _template.Functions.Get(identifier.Name);
        if (count < function.Minimum || count > function.Maximum)
        {
            var want = function.Maximum == function.Minimum ? $"want {function.Minimum}" : $"want at least {function.Minimum}";
            throw Fail($"wrong number of args for {identifier.Name}: {want} got {count}");
        }

        var arguments = new List<object?>(count);
        foreach (var argument in nodes)
        {
            arguments.Add(Checked(function, arguments.Count, Argument(argument, dot), argument));
        }

        if (piped != s_missing)
        {
            arguments.Add(CheckedPiped(function, arguments.Count, piped, identifier));
        }

        return Invoke(function, identifier.Name, node, arguments);
    }

    private object? Invoke(TemplateFunction function, string name, Node node, List<object?> arguments)
    {
        try
        {
            return function.Call(arguments);
        }
        catch (GantryException e)
        {
            throw Fail(node, $"error calling {name}: {e.Message}");
        }
    }

    private object? ShortCircuit(IdentifierNode identifier, Node[] nodes, object? dot, object? piped)
    {
        if (nodes.Length + (piped == s_missing ? 0 : 1) == 0)
        {
            throw Fail($"wrong number of args for {identifier.Name}: want at least 1 got 0");
        }

        var stopsAt = identifier.Name == "or";
        object? value = null;
        foreach (var node in nodes)
        {
            value = Argument(node, dot);
            if (Truth.Of(value) == stopsAt)
            {
                return value;
            }
        }

        return piped == s_missing ? value : piped;
    }

    private object? Checked(TemplateFunction function, int index, object? value, Node node)
    {
        var type = index < function.Types.Length ? function.Types[index] : null;
        if (Fits(type, value))
        {
            return value;
        }

        _at = node;
        throw Fail(node is LiteralNode
            ? type is "string" or "int" ? $"expected {(type == "int" ? "integer" : type)}; found {node}" : $"can't handle {node} for arg of type {type}"
            : $"wrong type for value; expected {type}; got {GoTypes.Name(value)}");
    }

    private object? CheckedPiped(TemplateFunction function, int index, object? value, Node node)
    {
        var type = index < function.Types.Length ? function.Types[index] : null;
        return Fits(type, value) ? value : throw Fail(node, $"wrong type for value; expected {type}; got {GoTypes.Name(value)}");
    }

    private static bool Fits(string? type, object? value) => type switch
    {
        null => true,
        "string" => value is string,
        "int" => value is long,
        _ => value is GoList,
    };
}
