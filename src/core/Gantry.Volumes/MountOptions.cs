using Gantry.Linux;

namespace Gantry.Volumes;

/// <summary>Splits mount(8)'s comma-separated options into kernel flags and what is left for the file system.</summary>
internal static class MountOptions
{
    internal static (MountFlags Flags, string Data) Parse(string options)
    {
        var flags = MountFlags.None;
        var data = new List<string>();
        foreach (var option in options.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            switch (option)
            {
                case "defaults" or "rw" or "suid" or "dev" or "exec" or "async":
                    break;
                case "ro":
                    flags |= MountFlags.ReadOnly;
                    break;
                case "nosuid":
                    flags |= MountFlags.NoSuid;
                    break;
                case "nodev":
                    flags |= MountFlags.NoDev;
                    break;
                case "noexec":
                    flags |= MountFlags.NoExec;
                    break;
                case "sync":
                    flags |= MountFlags.Synchronous;
                    break;
                case "noatime":
                    flags |= MountFlags.NoAccessTime;
                    break;
                case "nodiratime":
                    flags |= MountFlags.NoDirectoryAccessTime;
                    break;
                case "relatime":
                    flags |= MountFlags.RelativeAccessTime;
                    break;
                case "bind":
                    flags |= MountFlags.Bind;
                    break;
                case "rbind":
                    flags |= MountFlags.Bind | MountFlags.Recursive;
                    break;
                default:
                    data.Add(option);
                    break;
            }
        }

        return (flags, string.Join(',', data));
    }
}
