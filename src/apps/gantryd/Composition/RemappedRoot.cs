using System.Globalization;
using Gantry.Errors;
using Gantry.Linux;

namespace Gantry.Apps.Daemon.Composition;

/// <summary>What <c>--userns-remap</c> means: a user whose subordinate ids containers get.</summary>
internal sealed class RemappedRoot(UserFiles files)
{
    private const string Default = "default";
    private const string DefaultUser = "dockremap";
    private const uint DefaultCount = 65536;

    /// <summary>
    /// Null for root, which can't be mapped to itself. <c>default</c> creates Docker's user, and sets ids aside for it, where it isn't there.
    /// </summary>
    /// <exception cref="GantryException">InvalidArgument in dockerd's words.</exception>
    internal IdMaps? Resolve(string given)
    {
        var parts = given.Split(':');
        if (parts.Length > 2)
        {
            throw GantryException.InvalidArgument($"invalid user/group specification in --userns-remap: \"{given}\"");
        }

        var user = FindUser(parts[0]);
        _ = FindGroup(parts);
        if (user == "root")
        {
            return null;
        }

        var (users, groups) = (files.Ranges("subuid", user), files.Ranges("subgid", user));
        return users.Ranges.Count == 0 ? throw NoRanges("subuid", user)
            : groups.Ranges.Count == 0 ? throw NoRanges("subgid", user)
            : new IdMaps(users, groups);
    }

    private string FindUser(string name)
    {
        if (IsNumber(name))
        {
            return files.FindUser(name) ?? throw GantryException.InvalidArgument($"Uid {name} has no entry in /etc/passwd: no matching entries in passwd file");
        }

        var wanted = name == Default ? DefaultUser : name;
        if (files.FindUser(wanted) is { } found)
        {
            return found;
        }

        if (name != Default)
        {
            throw GantryException.InvalidArgument($"Error during uid lookup for \"{wanted}\": no matching entries in passwd file");
        }

        CreateDefaultUser();
        return DefaultUser;
    }

    private string FindGroup(string[] parts)
    {
        var name = parts.Length == 2 ? parts[1] : parts[0] == Default ? DefaultUser : parts[0];
        return files.FindGroup(name) ?? throw GantryException.InvalidArgument(
            IsNumber(name) ? $"Gid {name} has no entry in /etc/group: no matching entries in group file"
                : parts.Length == 2 ? $"Error during groupname lookup for \"{name}\": no matching entries in group file"
                : $"Error during gid lookup for \"{name}\": no matching entries in group file");
    }

    /// <summary>As Docker does it: a system user by the host's own program, and the first free ids where that program sets none aside.</summary>
    private void CreateDefaultUser()
    {
        AddUser();
        foreach (var file in (string[])["subuid", "subgid"])
        {
            if (files.Ranges(file, DefaultUser).Ranges.Count == 0)
            {
                files.AddRange(file, DefaultUser, files.FirstFree(file, DefaultCount), DefaultCount);
            }
        }
    }

    private static void AddUser()
    {
        const string Failure = $"Error during \"{DefaultUser}\" user creation: ";
        string[] command = PipedProcess.Find("adduser") is not null
            ? ["adduser", "--system", "--shell", "/bin/false", "--no-create-home", "--disabled-login", "--disabled-password", "--group", DefaultUser]
            : PipedProcess.Find("useradd") is not null ? ["useradd", "-r", "-s", "/bin/false", DefaultUser]
            : throw GantryException.InvalidArgument(Failure + "cannot add user; no useradd/adduser binary found");
        using var process = PipedProcess.Start(command[0], command[1..]);
        process.StandardInput.Dispose();
        using var reader = new StreamReader(process.StandardError);
        var complaint = reader.ReadToEnd();
        var code = process.Wait();
        if (code != 0)
        {
            throw GantryException.InvalidArgument($"{Failure}failed to add user with error: exit status {code}; output: \"{complaint.Trim()}\"");
        }
    }

    private static GantryException NoRanges(string file, string user) =>
        GantryException.InvalidArgument($"Can't create ID mappings: no {file} ranges found for user \"{user}\"");

    private static bool IsNumber(string text) => uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _);
}
