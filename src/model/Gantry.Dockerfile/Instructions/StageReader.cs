namespace Gantry.Dockerfile.Syntax;

/// <summary>Groups instructions into stages.</summary>
internal sealed class StageReader
{
    private readonly List<(Stage Stage, List<Instruction> Instructions)> _stages = [];
    private readonly List<ArgInstruction> _globals = [];
    private int _count;

    public IReadOnlyList<ArgInstruction> GlobalArguments => _globals;

    public IReadOnlyList<Stage> Stages() => _stages.Select(s => s.Stage with { Instructions = s.Instructions }).ToList();

    /// <summary>Null, or what is wrong where no line is named.</summary>
    public DockerfileError? Add(SyntaxNode node)
    {
        if (++_count > ParsedDockerfile.MaxInstructions)
        {
            return new DockerfileError($"a Dockerfile can't have more than {ParsedDockerfile.MaxInstructions} instructions", node.Range);
        }

        if (node.Keyword.Equals("FROM", StringComparison.OrdinalIgnoreCase))
        {
            _stages.Add((InstructionParser.From(node), []));
            return null;
        }

        var instruction = InstructionParser.Parse(node);
        if (_stages.Count > 0)
        {
            _stages[^1].Instructions.Add(instruction);
        }
        else if (instruction is ArgInstruction argument)
        {
            _globals.Add(argument);
        }
        else
        {
            return new DockerfileError("no build stage in current context", node.Range);
        }

        return null;
    }
}
