using System.Text.RegularExpressions;

namespace Gantry.Dockerfile.Syntax;

/// <summary>Understands nodes: argument counts, flags, values. Texts are Docker's (moby/buildkit, frontend/dockerfile/instructions).</summary>
internal static partial class InstructionParser
{
    private static readonly string[] s_names =
    [
        "ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL",
        "MAINTAINER", "ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR",
    ];

    /// <summary>Any instruction but FROM.</summary>
    public static Instruction Parse(SyntaxNode node)
    {
        var instruction = node.Keyword.ToUpperInvariant() switch
        {
            "ADD" => (Instruction)FileInstructionParser.Add(node),
            "ARG" => Arg(node),
            "CMD" => new CmdInstruction(Command(NoFlags(node))),
            "COPY" => FileInstructionParser.Copy(node),
            "ENTRYPOINT" => new EntrypointInstruction(Command(NoFlags(node))),
            "ENV" => new EnvInstruction(Pairs(NoFlags(node))),
            "EXPOSE" => new ExposeInstruction(AtLeastOne(NoFlags(node)).Order(StringComparer.Ordinal).ToList()),
            "HEALTHCHECK" => HealthCheckParser.Parse(node),
            "LABEL" => new LabelInstruction(Pairs(NoFlags(node))),
            "MAINTAINER" => new MaintainerInstruction(ExactlyOne(NoFlags(node))),
            "ONBUILD" => OnBuild(node),
            "RUN" => RunParser.Parse(node),
            "SHELL" => Shell(node),
            "STOPSIGNAL" => new StopSignalInstruction(ExactlyOne(NoFlags(node))),
            "USER" => new UserInstruction(ExactlyOne(NoFlags(node))),
            "VOLUME" => Volume(node),
            "WORKDIR" => new WorkdirInstruction(ExactlyOne(NoFlags(node))),
            _ => throw Unknown(node.Keyword),
        };
        return instruction with { Source = node.Original.Trim(), Range = node.Range };
    }

    public static Stage From(SyntaxNode node)
    {
        var flags = new FlagReader(node, "platform");
        return new Stage
        {
            Name = StageName(node.Arguments),
            BaseName = node.Arguments[0],
            Platform = flags.Text("platform"),
            Source = node.Original.Trim(),
            Range = node.Range,
            Instructions = [],
        };
    }

    internal static CommandLine Command(SyntaxNode node) => new(Words(node.Arguments, node.IsJson), !node.IsJson);

    internal static IReadOnlyList<string> Words(IReadOnlyList<string> arguments, bool isJson) =>
        isJson || arguments.Count == 0 ? arguments : [string.Join(' ', arguments)];

    internal static IReadOnlyList<string> AtLeastOne(SyntaxNode node) => node.Arguments.Count > 0 ? node.Arguments
        : throw new SyntaxException($"{node.Keyword.ToUpperInvariant()} requires at least one argument");

    private static SyntaxNode NoFlags(SyntaxNode node)
    {
        _ = new FlagReader(node);
        return node;
    }

    private static string ExactlyOne(SyntaxNode node) => node.Arguments.Count == 1 ? node.Arguments[0]
        : throw new SyntaxException($"{node.Keyword.ToUpperInvariant()} requires exactly one argument");

    private static List<KeyValue> Pairs(SyntaxNode node)
    {
        var words = AtLeastOne(node);
        var pairs = words.Chunk(2).Select(pair => new KeyValue(pair[0], pair[1])).ToList();
        return pairs.All(p => p.Key.Length > 0) ? pairs : throw new SyntaxException($"{node.Keyword.ToUpperInvariant()} names can not be blank");
    }

    private static ArgInstruction Arg(SyntaxNode node) => new(AtLeastOne(NoFlags(node)).Select(word =>
    {
        var equals = word.IndexOf('=', StringComparison.Ordinal);
        return equals < 0 ? new KeyValue(word, null)
            : equals == 0 ? throw new SyntaxException("ARG names can not be blank")
            : new KeyValue(word[..equals], word[(equals + 1)..]);
    }).ToList());

    private static OnBuildInstruction OnBuild(SyntaxNode node)
    {
        var trigger = AtLeastOne(NoFlags(node))[0].Trim().ToUpperInvariant();
        return trigger switch
        {
            "ONBUILD" => throw new SyntaxException("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed"),
            "MAINTAINER" or "FROM" => throw new SyntaxException($"{trigger} isn't allowed as an ONBUILD trigger"),
            _ => new OnBuildInstruction(OnBuildWord().Replace(node.Original, string.Empty)
                + string.Concat(node.Heredocs.Select(h => $"\n{h.Content}{h.Name}"))),
        };
    }

    private static ShellInstruction Shell(SyntaxNode node) => AtLeastOne(NoFlags(node)) is var words && node.IsJson
        ? new ShellInstruction(words)
        : throw new SyntaxException("SHELL requires the arguments to be in JSON form");

    private static VolumeInstruction Volume(SyntaxNode node)
    {
        var volumes = AtLeastOne(NoFlags(node)).Select(v => v.Trim()).ToList();
        return volumes.All(v => v.Length > 0) ? new VolumeInstruction(volumes)
            : throw new SyntaxException("VOLUME specified can not be an empty string");
    }

    private static string StageName(IReadOnlyList<string> words)
    {
        if (words.Count == 1)
        {
            return string.Empty;
        }

        if (words.Count != 3 || !words[1].Equals("as", StringComparison.OrdinalIgnoreCase))
        {
            throw new SyntaxException("FROM requires either one or three arguments");
        }

        var name = words[2].ToLowerInvariant();
        return StageNamePattern().IsMatch(name) ? name
            : throw new SyntaxException($"invalid name for build stage: {GoText.Quote(words[2])}, name can't start with a number or contain symbols");
    }

    private static SyntaxException Unknown(string keyword) =>
        new($"unknown instruction: {keyword}{Suggestion.For(keyword, s_names, ignoreCase: true)}");

    [GeneratedRegex(@"^[a-z][a-z0-9-_\.]*\z")]
    private static partial Regex StageNamePattern();

    [GeneratedRegex(@"^\s*ONBUILD\s*", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex OnBuildWord();
}
