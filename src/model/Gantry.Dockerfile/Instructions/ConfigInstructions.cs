using Gantry.Dockerfile.Shell;

namespace Gantry.Dockerfile;

public sealed record ArgInstruction(IReadOnlyList<KeyValue> Arguments) : Instruction, IExpandable
{
    public Instruction Expand(WordExpander words) => this with { Arguments = Arguments.Select(a => a.Expand(words)).ToList() };
}

public sealed record CmdInstruction(CommandLine Command) : Instruction;

public sealed record EntrypointInstruction(CommandLine Command) : Instruction;

public sealed record EnvInstruction(IReadOnlyList<KeyValue> Variables) : Instruction, IExpandable
{
    public Instruction Expand(WordExpander words) => this with { Variables = Variables.Select(v => v.Expand(words)).ToList() };
}

/// <summary>Ports may expand to several words each, so the builder expands them itself.</summary>
public sealed record ExposeInstruction(IReadOnlyList<string> Ports) : Instruction;

/// <param name="Test">NONE; or CMD and argv; or CMD-SHELL and a line.</param>
/// <param name="Interval">Nanoseconds as all of these durations; 0 inherits.</param>
public sealed record HealthCheckInstruction(
    IReadOnlyList<string> Test, long Interval, long Timeout, long StartPeriod, long StartInterval, int Retries) : Instruction
{
    /// <summary>Interval, timeout, start period and start interval, in nanoseconds.</summary>
    public IEnumerable<long> Durations => [Interval, Timeout, StartPeriod, StartInterval];
}

/// <param name="IsLiteral">True for labels that did not come from the file: nothing in them is expanded.</param>
public sealed record LabelInstruction(IReadOnlyList<KeyValue> Labels, bool IsLiteral = false) : Instruction, IExpandable
{
    public Instruction Expand(WordExpander words) => IsLiteral ? this : this with { Labels = Labels.Select(l => l.Expand(words)).ToList() };
}

public sealed record MaintainerInstruction(string Name) : Instruction;

/// <param name="Trigger">The instruction to run in builds on this image, as text with its heredocs.</param>
public sealed record OnBuildInstruction(string Trigger) : Instruction;

public sealed record ShellInstruction(IReadOnlyList<string> Shell) : Instruction;

public sealed record StopSignalInstruction(string Signal) : Instruction, IExpandable
{
    public Instruction Expand(WordExpander words) => this with { Signal = words.Word(Signal) };
}

public sealed record UserInstruction(string User) : Instruction, IExpandable
{
    public Instruction Expand(WordExpander words) => this with { User = words.Word(User) };
}

public sealed record VolumeInstruction(IReadOnlyList<string> Volumes) : Instruction, IExpandable
{
    public Instruction Expand(WordExpander words) => this with { Volumes = Volumes.Select(words.Word).ToList() };
}

public sealed record WorkdirInstruction(string Path) : Instruction, IExpandable
{
    public Instruction Expand(WordExpander words) => this with { Path = words.Word(Path) };
}
