using System.Globalization;
using Gantry.Errors;
using Gantry.Oci;

namespace Gantry.Runtime.Spec;

/// <summary>
/// Turns a container's <c>User</c> (<c>name</c>, <c>uid</c>, <c>name:group</c>, <c>uid:gid</c>, or a mixture) and <c>GroupAdd</c>
/// into numbers, by the container's own user database. Numbers need no entry there.
/// </summary>
public static class UserResolver
{
    /// <summary>Throws <see cref="GantryException"/> (Internal: only the start finds it) in Docker's words.</summary>
    /// <param name="rootfs">Absolute path of the mounted root filesystem; its content is not trusted.</param>
    /// <param name="user">Empty or null is root.</param>
    /// <param name="groupAdd">Further groups by name or number.</param>
    public static RuntimeUser Resolve(string rootfs, string? user, IEnumerable<string>? groupAdd = null)
    {
        // "user:group"; what comes after a second colon is not looked at.
        var parts = (user ?? string.Empty).Split(':');
        var (uid, gid, name) = ResolveUser(rootfs, parts[0]);
        var groups = parts.Length > 1 && parts[1].Length > 0 || name is not null ? UserDatabase.ReadGroup(rootfs).ToList() : [];
        var supplementary = new List<uint>();
        if (parts.Length > 1 && parts[1].Length > 0)
        {
            gid = ResolveGroup(groups, parts[1]);
        }
        else if (name is not null)
        {
            supplementary.AddRange(groups.Where(group => group.Members.Contains(name)).Select(group => group.Gid));
        }

        supplementary.AddRange(ResolveAdded(rootfs, [.. groupAdd ?? []]));

        // The primary group is listed too: dropping it must not give more rights (negative group permissions).
        return new RuntimeUser(uid, gid, [.. supplementary.Prepend(gid).Distinct()]);
    }

    private static (uint Uid, uint Gid, string? Name) ResolveUser(string rootfs, string user)
    {
        var numeric = TryParseGoInt(user, out var number);
        foreach (var entry in UserDatabase.ReadPasswd(rootfs))
        {
            if (user.Length == 0 ? entry.Uid == 0 : numeric ? entry.Uid == number : entry.Name == user)
            {
                return (entry.Uid, entry.Gid, entry.Name);
            }
        }

        return user.Length == 0 ? (0, 0, null)
            : numeric ? (InRange(number), 0, null)
            : throw GantryException.Internal($"unable to find user {user}: no matching entries in passwd file");
    }

    private static uint ResolveGroup(List<GroupEntry> groups, string wanted)
    {
        var numeric = TryParseGoInt(wanted, out var number);
        foreach (var group in groups)
        {
            if (numeric ? group.Gid == number : group.Name == wanted)
            {
                return group.Gid;
            }
        }

        return numeric
            ? InRange(number)
            : throw GantryException.Internal($"unable to find group {wanted}: no matching entries in group file");
    }

    private static IEnumerable<uint> ResolveAdded(string rootfs, IReadOnlyList<string> wanted)
    {
        if (wanted.Count == 0)
        {
            yield break;
        }

        var groups = UserDatabase.ReadGroup(rootfs).ToList();
        foreach (var item in wanted)
        {
            var at = groups.FindIndex(group => group.Name == item || group.Gid.ToString(CultureInfo.InvariantCulture) == item);
            yield return at >= 0 ? groups[at].Gid
                : TryParseGoInt(item, out var number) ? InRange(number)
                : throw GantryException.Internal($"unable to find group {item}: no matching entries in group file");
        }
    }

    private static bool TryParseGoInt(string text, out long number)
    {
        // Beyond 64 bits is out of range, not a name.
        if (text.Length > 0 && text.TrimStart('+', '-').All(char.IsAsciiDigit) && text.TrimStart('+', '-').Length >= text.Length - 1 && char.IsAsciiDigit(text[^1]))
        {
            number = long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var parsed) ? parsed : long.MaxValue;
            return true;
        }

        number = 0;
        return false;
    }

    private static uint InRange(long number) =>
        number is >= 0 and <= int.MaxValue
            ? (uint)number
            : throw GantryException.Internal("uids and gids must be in range 0-2147483647");
}
