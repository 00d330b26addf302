using Gantry.Errors;

namespace Gantry.Apps.Cli.CommandLine;

/// <summary>A flag: how it is called, what help says, and what was given.</summary>
/// <param name="name">Without the dashes.</param>
/// <param name="shorthand">One letter, or '\0'.</param>
/// <param name="typeName">What help shows behind the name; empty for switches.</param>
internal abstract class Flag(string name, char shorthand, string typeName, string help) : IGated
{
    public string Name { get; } = name;

    public char Shorthand { get; } = shorthand;

    public string TypeName { get; } = typeName;

    public string Help { get; } = help;

    /// <summary>Whether it was given.</summary>
    public bool Changed { get; private set; }

    /// <summary>The value of the flag without "=value"; null where it needs one.</summary>
    public virtual string? ValueWhenBare => null;

    /// <summary>The default as help shows it, or null where it shows none.</summary>
    public virtual string? DefaultText => null;

    /// <summary>The API version from which engines know what it means; null for all.</summary>
    public string? MinimumVersion { get; init; }

    public string? EngineSystem { get; set; }

    public bool NeedsExperimental { get; set; }

    public string? NeedsSwarm { get; set; }

    /// <summary>Whether it may be given several times.</summary>
    public virtual bool IsRepeatable => false;

    /// <summary>Whether the help of <paramref name="program"/> shows it.</summary>
    public bool IsShown(EngineFeatures features, string program) => !IsHidden && !(IsOwn && program == "docker") && features.Shows(this);

    /// <summary>Docker's CLI does not have it.</summary>
    public bool IsOwn { get; init; }

    /// <summary>Not in help: Windows only, or deprecated.</summary>
    public bool IsHidden { get; init; }

    /// <summary>Why it should not be used any more; printed when it is.</summary>
    public string? Deprecated { get; init; }

    /// <summary>As errors name it: "-m, --memory".</summary>
    public string Label => Shorthand == '\0' ? $"--{Name}" : $"-{Shorthand}, --{Name}";

    /// <exception cref="GantryException">InvalidArgument; the message goes behind "invalid argument ... for ... flag: ".</exception>
    public void Set(string text)
    {
        Accept(text);
        Changed = true;
    }

    protected abstract void Accept(string text);
}

/// <summary>A flag with one value.</summary>
internal sealed class Flag<T>(string name, char shorthand, string typeName, string help, T value, Func<string, T> parse) : Flag(name, shorthand, typeName, help)
{
    private readonly string? _default;
    private readonly string? _bare;

    /// <summary>What was given, or the default.</summary>
    public T Value { get; private set; } = value;

    public override string? DefaultText => _default;

    public override string? ValueWhenBare => _bare;

    /// <summary>What help shows as default.</summary>
    public string? Default
    {
        init => _default = value;
    }

    /// <summary>What the flag means without a value.</summary>
    public string? Bare
    {
        init => _bare = value;
    }

    public static implicit operator T(Flag<T> flag) => flag.Value;

    protected override void Accept(string text) => Value = parse(text);
}

/// <summary>A flag that may be given several times.</summary>
/// <param name="read">Adds what one occurrence means.</param>
internal sealed class ListFlag<T>(string name, char shorthand, string typeName, string help, Action<List<T>, string> read) : Flag(name, shorthand, typeName, help)
{
    private readonly string? _default;
    private readonly string? _bare;

    public List<T> Values { get; } = [];

    public override bool IsRepeatable => true;

    public override string? DefaultText => _default;

    public override string? ValueWhenBare => _bare;

    /// <summary>What the flag means without a value.</summary>
    public string? Bare
    {
        init => _bare = value;
    }

    public string? Default
    {
        init => _default = value;
    }

    protected override void Accept(string text) => read(Values, text);
}
