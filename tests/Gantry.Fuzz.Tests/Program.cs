using Gantry.Errors;
using SharpFuzz;

namespace Gantry.Fuzz.Tests;

/// <summary>
/// The host of a run guided by coverage (tools/fuzz.sh): the same targets, fed by AFL++ over SharpFuzz's shared memory, with our assemblies
/// instrumented.
/// </summary>
internal static class Program
{
    private static int Main(string[] args)
    {
        switch (args)
        {
            case ["list"]:
                foreach (var target in Targets.All)
                {
                    Console.WriteLine(target.Name);
                }

                return 0;
            case ["seeds", var name, var directory] when Find(name) is { } target:
                Directory.CreateDirectory(directory);
                for (var i = 0; i < target.Seeds.Length; i++)
                {
                    File.WriteAllBytes(Path.Combine(directory, $"seed-{i}"), target.Seeds[i]);
                }

                return 0;
            case ["run", var name]:
                // Instrumented code may run within this call only, so the targets are not touched before.
                Fuzzer.OutOfProcess.Run(stream => Feed(Find(name)!, stream));
                return 0;
            case ["replay", var name, .. var files] when Find(name) is { } target:
                foreach (var file in files)
                {
                    using var stream = File.OpenRead(file);
                    Feed(target, stream);
                }

                return 0;
            default:
                Console.Error.WriteLine("usage: list | seeds TARGET DIRECTORY | run TARGET | replay TARGET FILE...");
                return 2;
        }
    }

    private static FuzzTarget? Find(string name) => Targets.All.SingleOrDefault(t => t.Name == name);

    /// <summary>What the parser declares is no finding; anything else ends the process, which AFL++ counts as a crash.</summary>
    private static void Feed(FuzzTarget target, Stream stream)
    {
        using var input = new MemoryStream();
        stream.CopyTo(input);
        try
        {
            target.Parse(input.ToArray());
        }
        catch (GantryException)
        {
            // Refused as declared.
        }
    }
}
