using System.Globalization;
using Gantry.Dockerfile;

namespace Gantry.Build;

/// <summary>
/// How BuildKit shows steps: <c>[stage 2/4] RUN make</c>, numbered over those instructions of a stage that change files (moby/buildkit,
/// dockerfile2llb). The calls about one stage come one after the other.
/// </summary>
internal sealed class VertexNames(ParsedDockerfile dockerfile)
{
    private readonly int[] _index = new int[dockerfile.Stages.Count];

    /// <param name="hasBase">The stage begins with an image, which counts as a step.</param>
    /// <returns>The name, and the count of the stage's steps goes on.</returns>
    public string Next(int stage, bool hasBase, string text)
    {
        var total = Total(dockerfile.Stages[stage], hasBase);
        var name = dockerfile.Stages[stage].Name is { Length: > 0 } given ? given + " "
            : dockerfile.Stages.Count > 1 ? string.Create(CultureInfo.InvariantCulture, $"stage-{stage} ") : string.Empty;
        var index = (++_index[stage]).ToString(CultureInfo.InvariantCulture).PadLeft(total.ToString(CultureInfo.InvariantCulture).Length);
        return string.Create(CultureInfo.InvariantCulture, $"[{name}{index}/{total}] {text}");
    }

    public static bool IsVertex(Instruction instruction) => instruction is RunInstruction or CopyingInstruction or WorkdirInstruction;

    private static int Total(Stage stage, bool hasBase) => stage.Instructions.Count(IsVertex) + (hasBase ? 1 : 0);
}
