using System.Globalization;
using Gantry.Linux.Processes;

namespace Gantry.Runtime.Tests;

public sealed class MappedFilesTests
{
    [Fact]
    public void Pages_of_files_leave_the_memory_and_come_back_when_they_are_used()
    {
        var before = ResidentFiles();

        var gone = MappedFiles.LetGo();

        var after = ResidentFiles();
        Assert.True(gone > 1 << 20, $"{gone} bytes let go");
        Assert.True(after < before - (gone / 2), $"{before} bytes before, {after} after {gone} were let go");
        // Whatever runs next reads its pages again: a change of the program's own data would show here.
        Assert.Equal("1,234.50", 1234.5.ToString("N2", CultureInfo.InvariantCulture));
    }

    private static long ResidentFiles() => File.ReadLines("/proc/self/status")
        .Where(l => l.StartsWith("RssFile:", StringComparison.Ordinal))
        .Select(l => 1024 * long.Parse(l["RssFile:".Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture))
        .Single();
}
