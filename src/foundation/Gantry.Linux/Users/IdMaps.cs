namespace Gantry.Linux;

/// <summary>Both maps of a user namespace. Where there is none, code that takes maps is given null and leaves ids as they are.</summary>
public sealed record IdMaps(IdMap Users, IdMap Groups)
{
    /// <summary>What root of the namespace is outside.</summary>
    public (uint UserId, uint GroupId) Root => (Users.ToHost(0), Groups.ToHost(0));

    /// <inheritdoc cref="IdMap.ToHost"/>
    public (uint UserId, uint GroupId) ToHost(uint userId, uint groupId) => (Users.ToHost(userId), Groups.ToHost(groupId));

    /// <inheritdoc cref="IdMap.ToContainer"/>
    public (uint UserId, uint GroupId) ToContainer(uint userId, uint groupId) => (Users.ToContainer(userId), Groups.ToContainer(groupId));

    /// <summary>Gives a file or directory to the namespace's root.</summary>
    /// <exception cref="LinuxException"/>
    public void GiveToRoot(string path)
    {
        var (user, group) = Root;
        FileAt.Check(FileAt.TryChangeOwner(FileAt.CurrentDirectory, path, user, group), "chown", path);
    }
}
