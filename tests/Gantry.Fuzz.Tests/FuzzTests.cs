using System.Diagnostics;

namespace Gantry.Fuzz.Tests;

/// <summary>
/// A short run with fixed seeds over every target, so that a fault found once stays found; GANTRY_FUZZ_SECONDS makes it a long one with new seeds.
/// </summary>
public sealed class FuzzTests
{
    private const int Inputs = 4000;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    public static TheoryData<string> Names => [.. Targets.All.Select(t => t.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Only_the_declared_error_comes_out(string name)
    {
        var target = Targets.All.Single(t => t.Name == name);
        var seconds = int.TryParse(Environment.GetEnvironmentVariable("GANTRY_FUZZ_SECONDS"), out var given) ? given : 0;
        var mutator = new Mutator(seconds > 0 ? Environment.TickCount : 1, target.Seeds);
        foreach (var seed in target.Seeds)
        {
            Check(target, seed);
        }

        var clock = Stopwatch.StartNew();
        for (var i = 0; seconds > 0 ? clock.Elapsed.TotalSeconds < seconds : i < Inputs; i++)
        {
            Check(target, mutator.Next());
        }
    }

    /// <summary>The seeds are valid, or the run would only exercise the first error of each parser.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void A_seed_is_understood(string name)
    {
        var target = Targets.All.Single(t => t.Name == name);

        target.Parse(target.Seeds[0]);
    }

    private static void Check(FuzzTarget target, byte[] input)
    {
        var clock = Stopwatch.StartNew();
        var escaped = target.Try(input);
        Assert.True(escaped is null, $"{target.Name}: {Convert.ToHexString(input)}\n{escaped}");
        Assert.True(clock.Elapsed < s_patience, $"{target.Name} took {clock.Elapsed}: {Convert.ToHexString(input)}");
    }
}
