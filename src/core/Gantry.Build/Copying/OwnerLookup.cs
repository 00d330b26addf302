using System.Globalization;
using Gantry.Build.Files;
using Gantry.Errors;

namespace Gantry.Build.Copying;

/// <summary>Finds the numbers behind <c>--chown=user[:group]</c> in the root file system's <c>/etc/passwd</c> and <c>/etc/group</c>.</summary>
internal static class OwnerLookup
{
    private const int MaxFileSize = 16 << 20;

    /// <summary>
    /// By BuildKit's rules: a user without a group brings the group of its line in <c>/etc/passwd</c>, a number itself as the group, and names that
    /// nobody has are root's.
    /// </summary>
    public static CopyOwner FindLeniently(string text, ISourceTree root)
    {
        var parts = text.Split(':', 2);
        var owner = Number(parts[0]) is { } id ? new CopyOwner(id, id)
            : Line(root, "etc/passwd", parts[0]) is [_, _, var user, var main, ..] ? new CopyOwner(Number(user) ?? 0, Number(main) ?? 0)
            : default;
        return parts.Length > 1 && (Number(parts[1]) ?? Look(root, "etc/group", parts[1])) is { } group ? owner with { GroupId = group } : owner;
    }

    /// <exception cref="GantryException">InvalidArgument, in Docker's words.</exception>
    public static CopyOwner Find(string text, ISourceTree root)
    {
        var parts = text.Split(':');
        return parts.Length > 2 ? throw Failure($"invalid chown string format: {text}")
            : new CopyOwner(
                Number(parts[0]) ?? Look(root, "etc/passwd", parts[0]) ?? throw Failure($"can't find uid for user {parts[0]}: no such user: {parts[0]}"),
                Number(parts[^1]) ?? Look(root, "etc/group", parts[^1]) ?? throw Failure($"can't find gid for group {parts[^1]}: no such group: {parts[^1]}"));
    }

    private static uint? Number(string text) => uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>The third field of the line whose first is the name, in either file.</summary>
    private static uint? Look(ISourceTree root, string file, string name) => Line(root, file, name) is { } fields ? Number(fields[2]) : null;

    private static string[]? Line(ISourceTree root, string file, string name)
    {
        if (name.Length == 0 || root.Find(file) is not { Kind: Linux.FileKind.File, Size: <= MaxFileSize } found)
        {
            return null;
        }

        using var reader = new StreamReader(root.OpenRead(found));
        while (reader.ReadLine() is { } line)
        {
            var fields = line.Split(':');
            if (fields.Length > 2 && fields[0] == name && Number(fields[2]) is not null)
            {
                return fields;
            }
        }

        return null;
    }

    private static GantryException Failure(string message) =>
        GantryException.InvalidArgument($"unable to convert uid/gid chown string to host mapping: {message}");
}
