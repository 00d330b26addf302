using System.Text.RegularExpressions;

namespace Gantry.Architecture.Tests;

/// <summary>What a reviewer would say twice: calls that are banned, and the one place where each is right.</summary>
public sealed class BannedApiTests
{
    [Theory]
    [InlineData(@"\bThread\.Sleep\s*\(", "", "blocks a thread; wait on an event or Task.Delay")]
    [InlineData(@"\.GetAwaiter\(\)\.GetResult\(\)|\bTask\.WaitAll\s*\(", "apps", "blocks a pool thread on a task")]
    [InlineData(@"\bProcess\.Start\s*\(|new Process\b", "Gantry.Linux", "processes are made by Gantry.Linux's posix_spawn")]
    [InlineData(@"\bConsole\.", "apps", "only the apps talk to a console")]
    [InlineData(@"\[(LibraryImport|DllImport)\b", "Gantry.Linux", "system calls live in Gantry.Linux")]
    [InlineData(@"catch\s*(\(\s*(System\.)?Exception\s*\w*\s*\))?\s*\{\s*\}", "", "swallows every failure")]
    [InlineData(@"JsonSerializer\.(Serialize|Deserialize)(Async)?<[^>]+>\([^,()]*\)", "", "JSON goes through a source-generated context")]
    [InlineData(@"NotImplementedException", "", "what isn't there says so with a GantryException")]
    public void Banned(string pattern, string allowedIn, string why)
    {
        var regex = new Regex(pattern, RegexOptions.CultureInvariant);
        var hits =
            from project in Repository.Projects()
            where allowedIn.Length == 0 || (project.Name != allowedIn && project.Ring != allowedIn)
            from file in Repository.Sources(project)
            from line in File.ReadLines(file).Select((text, index) => (text, number: index + 1))
            where regex.IsMatch(line.text) && !line.text.TrimStart().StartsWith("//", StringComparison.Ordinal)
            select $"{Path.GetRelativePath(Repository.Root, file)}:{line.number}: {line.text.Trim()} ({why})";

        Assert.Empty(hits);
    }
}
