using System.Text;
using Gantry.Errors;
using Gantry.Terminal.Units;
using Gantry.Terminal.Values;

namespace Gantry.Terminal.Templates;

/// <summary>Walks a template's nodes and writes. Statements are here, expressions in the other half.</summary>
internal sealed partial class Evaluator
{
    private const int MaximumTemplateDepth = 1_000;
    private const int MaximumOutput = 64 << 20;

    private readonly Template _template;
    private readonly bool _failOnMissingKey;
    private readonly StringBuilder _output;
    private readonly int _start;
    private readonly List<(string Name, object? Value)> _variables = [];
    private Node? _at;
    private string _templateName;
    private int _templateDepth;

    /// <param name="output">What is written is appended here.</param>
    public Evaluator(Template template, bool failOnMissingKey, StringBuilder output)
    {
        _output = output;
        _start = output.Length;
        _template = template;
        _failOnMissingKey = failOnMissingKey;
        _templateName = template.Name;
    }

    private enum Flow
    {
        Next,
        Break,
        Continue,
    }

    public void Run(object? data)
    {
        _variables.Add(("$", data));
        Walk(_template.Root, data);
    }

    private Flow Walk(IReadOnlyList<Node> nodes, object? dot)
    {
        // By index, here and where expressions are evaluated: a row of a list is not to cost an enumerator for every node.
        for (var i = 0; i < nodes.Count; i++)
        {
            var flow = Walk(nodes[i], dot);
            if (flow != Flow.Next)
            {
                return flow;
            }
        }

        return Flow.Next;
    }

    private Flow Walk(Node node, object? dot)
    {
        _at = node;
        switch (node)
        {
            case TextNode text:
                _output.Append(text.Text);
                break;
            case ActionNode action:
                var value = Evaluate(action.Pipe, dot);
                if (action.Pipe.Variables.Count == 0)
                {
                    _output.Append(GoPrinter.PrintAction(value));
                }

                break;
            case BranchNode { Kind: BranchKind.Range } range:
                return WalkRange(range, dot);
            case BranchNode branch:
                return WalkBranch(branch, dot);
            case TemplateNode call:
                WalkTemplate(call, dot);
                break;
            case BreakNode:
                return Flow.Break;
            case ContinueNode:
                return Flow.Continue;
        }

        return _output.Length - _start <= MaximumOutput ? Flow.Next : throw Fail("output is too large");
    }

    private Flow WalkBranch(BranchNode branch, object? dot)
    {
        var mark = _variables.Count;
        var value = Evaluate(branch.Pipe, dot);
        var flow = Truth.Of(value) ? Walk(branch.Then, branch.Kind == BranchKind.With ? value : dot)
            : branch.Else is { } otherwise ? Walk(otherwise, dot)
            : Flow.Next;
        _variables.RemoveRange(mark, _variables.Count - mark);
        return flow;
    }

    private Flow WalkRange(BranchNode range, object? dot)
    {
        var mark = _variables.Count;
        var value = Evaluate(range.Pipe, dot);
        var inner = _variables.Count;
        var any = false;
        foreach (var (key, item) in Items(range, value))
        {
            any = true;
            SetRangeVariables(range.Pipe, key, item);
            var flow = Walk(range.Then, item);
            _variables.RemoveRange(inner, _variables.Count - inner);
            if (flow == Flow.Break)
            {
                break;
            }
        }

        _variables.RemoveRange(mark, _variables.Count - mark);
        return any || range.Else is null ? Flow.Next : Walk(range.Else, dot);
    }

    private void SetRangeVariables(PipeNode pipe, object? key, object? item)
    {
        if (pipe.Variables.Count == 0)
        {
            return;
        }

        if (pipe.IsAssignment)
        {
            Assign(pipe.Variables[^1].Names[0], item);
            if (pipe.Variables.Count > 1)
            {
                Assign(pipe.Variables[0].Names[0], key);
            }

            return;
        }

        SetTop(1, item);
        if (pipe.Variables.Count > 1)
        {
            SetTop(2, key);
        }
    }

    private IEnumerable<(object? Key, object? Item)> Items(BranchNode range, object? value)
    {
        switch (value)
        {
            case GoList list:
                return list.Items.Select((item, i) => ((object?)(long)i, item));
            case GoMap map:
                return map.SortedEntries.Select(e => ((object?)e.Key, e.Value));
            case long count:
                return Count(count);
            case null or GoNil:
                return [];
            default:
                throw Fail(RangeSubject(range), $"range can't iterate over {GoPrinter.Print(value)}");
        }
    }

    private static Node RangeSubject(BranchNode range) => range.Pipe;

    private static IEnumerable<(object? Key, object? Item)> Count(long count)
    {
        for (var i = 0L; i < count; i++)
        {
            yield return (i, i);
        }
    }

    private void WalkTemplate(TemplateNode call, object? dot)
    {
        if (!_template.Definitions.TryGetValue(call.Name, out var body))
        {
            throw Fail(call, $"template {Quoting.Quote(call.Name)} not defined");
        }

        if (++_templateDepth > MaximumTemplateDepth)
        {
            throw Fail(call, $"exceeded maximum template depth ({MaximumTemplateDepth})");
        }

        var data = call.Pipe is null ? null : Evaluate(call.Pipe, dot);
        var saved = _variables.ToArray();
        var name = _templateName;
        _variables.Clear();
        _variables.Add(("$", data));
        _templateName = call.Name;
        Walk(body, data);
        _templateName = name;
        _variables.Clear();
        _variables.AddRange(saved);
        _templateDepth--;
    }

    private void Assign(string name, object? value)
    {
        var i = _variables.FindLastIndex(v => v.Name == name);
        if (i < 0)
        {
            throw Fail($"undefined variable: {name}");
        }

        _variables[i] = (name, value);
    }

    private void SetTop(int fromTop, object? value)
    {
        var i = _variables.Count - fromTop;
        _variables[i] = (_variables[i].Name, value);
    }

    private GantryException Fail(Node node, string message)
    {
        _at = node;
        return Fail(message);
    }

    private GantryException Fail(string message)
    {
        var before = _template.Text.AsSpan(0, Math.Min(_at!.Position, _template.Text.Length));
        var line = 1 + before.Count('\n');
        var column = before.Length - (before.LastIndexOf('\n') + 1);
        return GantryException.InvalidArgument($"template: {_template.Name}:{line}:{column}: executing {Quoting.Quote(_templateName)} at <{_at}>: {message}");
    }
}
