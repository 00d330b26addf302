using Gantry.Client.Api;
using Gantry.Errors;

namespace Gantry.Apps.Cli.CommandLine;

/// <summary>The flags of one command. The methods add one and return it, typed, for the command to keep.</summary>
internal sealed class FlagSet
{
    private readonly List<Flag> _flags = [];

    public IReadOnlyList<Flag> All => _flags;

    public Flag? Find(string name) => _flags.Find(f => f.Name == name);

    public Flag? Find(char shorthand) => _flags.Find(f => f.Shorthand == shorthand);

    public Flag<bool> Bool(string name, string help, char shorthand = '\0', bool value = false, bool hidden = false, string? since = null) =>
        Add(new Flag<bool>(name, shorthand, "", help, value, FlagValues.Boolean) { Bare = "true", Default = value ? "true" : null, IsHidden = hidden, MinimumVersion = since });

    /// <param name="own">True for one that docker's CLI does not have.</param>
    public Flag<string> String(string name, string help, char shorthand = '\0', string value = "", bool hidden = false, string? since = null, bool own = false) =>
        Add(new Flag<string>(name, shorthand, "string", help, value, static text => text)
        {
            Default = value.Length > 0 ? Terminal.Units.Quoting.Quote(value) : null, IsHidden = hidden, MinimumVersion = since, IsOwn = own,
        });

    public Flag<long> Int(string name, string help, char shorthand = '\0', long value = 0, bool hidden = false, string? since = null, int bits = 64) =>
        Add(new Flag<long>(name, shorthand, "int", help, value, text => FlagValues.Integer(text, bits))
        {
            Default = value == 0 ? null : value.ToString(System.Globalization.CultureInfo.InvariantCulture), IsHidden = hidden, MinimumVersion = since,
        });

    /// <summary>A size in bytes ("512m"). Help shows no default.</summary>
    public Flag<long> Bytes(string name, string help, char shorthand = '\0', bool hidden = false, bool allowUnlimited = false) =>
        Add(new Flag<long>(name, shorthand, "bytes", help, 0, text => FlagValues.Bytes(text, allowUnlimited)) { IsHidden = hidden });

    /// <summary>A duration in nanoseconds.</summary>
    public Flag<long> Duration(string name, string help, bool hidden = false, string? since = null) =>
        Add(new Flag<long>(name, '\0', "duration", help, 0, FlagValues.Duration) { Default = "0s", IsHidden = hidden, MinimumVersion = since });

    /// <summary>Any text, any number of times.</summary>
    public ListFlag<string> List(string name, string help, char shorthand = '\0', Func<string, string>? check = null, string? @default = null, bool hidden = false, string? since = null) =>
        Add(new ListFlag<string>(name, shorthand, "list", help, (list, text) => list.Add(check is null ? text : check(text)))
        {
            Default = @default, IsHidden = hidden, MinimumVersion = since,
        });

    /// <summary>Any text, any number of times and several at once with commas between.</summary>
    public ListFlag<string> Strings(string name, string help, char shorthand = '\0', bool hidden = false, string? since = null) =>
        Add(new ListFlag<string>(name, shorthand, "strings", help, static (list, text) => list.AddRange(FlagValues.CommaSeparated(text))) { IsHidden = hidden, MinimumVersion = since });

    /// <summary>"name=value" pairs; the value may be left out.</summary>
    public ListFlag<KeyValuePair<string, string>> Map(string name, string help, char shorthand = '\0', Func<string, string>? check = null, string? @default = "map[]", string? since = null) =>
        Add(new ListFlag<KeyValuePair<string, string>>(name, shorthand, "map", help, (list, text) => list.Add(FlagValues.Pair(check is null ? text : check(text))))
        {
            Default = @default, MinimumVersion = since,
        });

    /// <summary>"name=value" filters.</summary>
    public FilterFlag Filter(string help, char shorthand = 'f') => Add(new FilterFlag("filter", shorthand, help));

    public Flag<T> Value<T>(string name, string typeName, string help, T value, Func<string, T> parse, char shorthand = '\0', string? @default = null, bool hidden = false) =>
        Add(new Flag<T>(name, shorthand, typeName, help, value, parse) { Default = @default, IsHidden = hidden });

    public ListFlag<T> Values<T>(string name, string typeName, string help, Func<string, T> parse, char shorthand = '\0', string? @default = null, string? since = null) =>
        Add(new ListFlag<T>(name, shorthand, typeName, help, (list, text) => list.Add(parse(text))) { Default = @default, MinimumVersion = since });

    /// <summary>Adds a flag that only engines on <paramref name="system"/> know; it is refused by others.</summary>
    public T OnlyOn<T>(string system, T flag)
        where T : Flag
    {
        flag.EngineSystem = system;
        return flag;
    }

    /// <summary>Hides a flag in help where the engine is not in a swarm in this way ("active", "manager").</summary>
    public T OnlyInSwarm<T>(string role, T flag)
        where T : Flag
    {
        flag.NeedsSwarm = role;
        return flag;
    }

    /// <summary>A flag for engines with experimental features; it is refused by others.</summary>
    public T Experimental<T>(T flag)
        where T : Flag
    {
        flag.NeedsExperimental = true;
        return flag;
    }

    public T Add<T>(T flag)
        where T : Flag
    {
        _flags.Add(flag);
        return flag;
    }
}

/// <summary>--filter.</summary>
internal sealed class FilterFlag(string name, char shorthand, string help) : Flag(name, shorthand, "filter", help)
{
    public Filters Filters { get; } = new();

    public override bool IsRepeatable => true;

    protected override void Accept(string text)
    {
        if (text.Length == 0)
        {
            return;
        }

        var mark = text.IndexOf('=', StringComparison.Ordinal);
        if (mark < 0)
        {
            throw GantryException.InvalidArgument("bad format of filter (expected name=value)");
        }

        Filters.Add(text[..mark].Trim().ToLowerInvariant(), text[(mark + 1)..].Trim());
    }
}
