using System.Globalization;
using Gantry.Errors;
using Gantry.Linux;

namespace Gantry.Apps.Daemon.Composition;

/// <summary>The host's files of users, groups and the ids that are set aside for each user (subuid(5)).</summary>
/// <param name="folder">Where they are; tests have their own.</param>
internal sealed class UserFiles(string folder = "/etc")
{
    /// <summary>The user's name, by name or number; null where there is none.</summary>
    internal string? FindUser(string nameOrId) => Find("passwd", nameOrId);

    /// <inheritdoc cref="FindUser"/>
    internal string? FindGroup(string nameOrId) => Find("group", nameOrId);

    /// <summary>The ranges of <c>subuid</c> or <c>subgid</c> that are the user's, in the order of the file, laid end to end from id 0 on.</summary>
    internal IdMap Ranges(string file, string user)
    {
        var ranges = new List<IdRange>();
        var inside = 0u;
        var id = Lines("passwd").FirstOrDefault(l => l.Length > 2 && l[0] == user)?[2];
        foreach (var line in Lines(file).Where(l => l.Length == 3 && (l[0] == user || l[0] == id)))
        {
            if (!TryNumber(line[1], out var start) || !TryNumber(line[2], out var count))
            {
                throw GantryException.InvalidArgument(
                    $"cannot create ID mappings: invalid line in {Path.Combine(folder, file)}: \"{string.Join(':', line)}\"");
            }

            ranges.Add(new IdRange(inside, start, count));
            inside += count;
        }

        return new IdMap(ranges);
    }

    /// <summary>The first id that nobody has been given, for <paramref name="count"/> more.</summary>
    internal uint FirstFree(string file, uint count)
    {
        const uint First = 100_000;
        var free = First;
        foreach (var (start, length) in Lines(file).Where(l => l.Length == 3)
            .Select(l => (Start: TryNumber(l[1], out var s) ? s : 0, Length: TryNumber(l[2], out var n) ? n : 0)).OrderBy(r => r.Start))
        {
            if (start >= free + count)
            {
                break;
            }

            free = Math.Max(free, start + length);
        }

        return free;
    }

    /// <summary>Adds a line.</summary>
    internal void AddRange(string file, string user, uint start, uint count) =>
        File.AppendAllText(Path.Combine(folder, file), string.Create(CultureInfo.InvariantCulture, $"{user}:{start}:{count}\n"));

    private string? Find(string file, string nameOrId) =>
        Lines(file).FirstOrDefault(l => l.Length > 2 && (l[0] == nameOrId || (TryNumber(nameOrId, out var id) && TryNumber(l[2], out var own) && id == own)))?[0];

    private IEnumerable<string[]> Lines(string file)
    {
        var path = Path.Combine(folder, file);
        return File.Exists(path) ? File.ReadLines(path).Where(l => l.Length > 0 && l[0] != '#').Select(l => l.Trim().Split(':')) : [];
    }

    private static bool TryNumber(string text, out uint number) => uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
