using System.Runtime.CompilerServices;

namespace Gantry.Architecture.Tests;

/// <summary>The source tree these tests read: projects, their rings and their files.</summary>
internal static class Repository
{
    /// <summary>Rings from the bottom up; a project may reference rings below its own.</summary>
    internal static readonly string[] Rings = ["foundation", "model", "core", "engine", "client", "apps"];

    internal static string Root { get; } = Path.GetFullPath(Path.Combine(ThisFolder(), "..", ".."));

    internal static IEnumerable<Project> Projects() =>
        from ring in Rings
        from file in Directory.EnumerateFiles(Path.Combine(Root, "src", ring), "*.csproj", SearchOption.AllDirectories)
        where !file.Contains("/obj/", StringComparison.Ordinal)
        select new Project(Path.GetFileNameWithoutExtension(file), ring, file);

    /// <summary>Hand-written C# files of a project.</summary>
    internal static IEnumerable<string> Sources(Project project) =>
        Directory.EnumerateFiles(Path.GetDirectoryName(project.File)!, "*.cs", SearchOption.AllDirectories)
            .Where(f => !f.Contains("/obj/", StringComparison.Ordinal) && !f.Contains("/bin/", StringComparison.Ordinal)
                && !f.Contains("/Generated/", StringComparison.Ordinal));

    private static string ThisFolder([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;
}

internal sealed record Project(string Name, string Ring, string File)
{
    internal int Level => Array.IndexOf(Repository.Rings, Ring);
}
