namespace Gantry.Cli.Tests.SideBySide;

/// <summary>--help of every command, with no engine and with one of another version.</summary>
public sealed class HelpTests(HelpTests.Recordings recordings) : SideBySideTests, IClassFixture<HelpTests.Recordings>
{
    public static TheoryData<string> Lines { get; } = Data("help");

    [Theory]
    [MemberData(nameof(Lines))]
    public Task Help_is_docker_s(string command) => CompareAsync(recordings.All, command);

    /// <summary>What docker did.</summary>
    public sealed class Recordings() : RecordedFile("help");
}

/// <summary>Calls that are refused before an engine is asked, and contexts, with no engine there.</summary>
public sealed class UsageTests(UsageTests.Recordings recordings) : SideBySideTests, IClassFixture<UsageTests.Recordings>
{
    public static TheoryData<string> Lines { get; } = Data("usage");

    [Theory]
    [MemberData(nameof(Lines))]
    public Task A_mistake_is_told_in_docker_s_words(string command) => CompareAsync(recordings.All, command);

    /// <summary>What docker did.</summary>
    public sealed class Recordings() : RecordedFile("usage");
}

/// <summary>Commands with an engine: what is asked, what is printed.</summary>
public sealed class EngineCommandTests(EngineCommandTests.Recordings recordings) : SideBySideTests, IClassFixture<EngineCommandTests.Recordings>
{
    public static TheoryData<string> Lines { get; } = Data("engine");

    [Theory]
    [MemberData(nameof(Lines))]
    public Task The_same_is_asked_and_printed(string command) => CompareAsync(recordings.All, command);

    /// <summary>What docker did.</summary>
    public sealed class Recordings() : RecordedFile("engine");
}

/// <summary>Values that are refused, or taken, against all expectation, with no engine there.</summary>
public sealed class FlagTests(FlagTests.Recordings recordings) : SideBySideTests, IClassFixture<FlagTests.Recordings>
{
    public static TheoryData<string> Lines { get; } = Data("flags");

    [Theory]
    [MemberData(nameof(Lines))]
    public Task A_value_is_read_as_by_docker(string command) => CompareAsync(recordings.All, command);

    /// <summary>What docker did.</summary>
    public sealed class Recordings() : RecordedFile("flags");
}

/// <summary>Combinations that nobody means, with an engine.</summary>
public sealed class UnusualCommandTests(UnusualCommandTests.Recordings recordings) : SideBySideTests, IClassFixture<UnusualCommandTests.Recordings>
{
    public static TheoryData<string> Lines { get; } = Data("unusual");

    [Theory]
    [MemberData(nameof(Lines))]
    public Task What_nobody_means_is_done_as_by_docker(string command) => CompareAsync(recordings.All, command);

    /// <summary>What docker did.</summary>
    public sealed class Recordings() : RecordedFile("unusual");
}

/// <summary>The recordings of one file of command lines.</summary>
/// <param name="name">Without extension.</param>
public abstract class RecordedFile(string name) : IAsyncLifetime
{
    internal IReadOnlyDictionary<string, Recording> All { get; private set; } = new Dictionary<string, Recording>();

    public async Task InitializeAsync() => All = await SideBySideTests.LoadAsync(name);

    public Task DisposeAsync() => Task.CompletedTask;
}
