namespace Gantry.Linux;

/// <summary>/dev/null as the standard streams of other programs.</summary>
public static class NullDevice
{
    private const int Everyone = 0x1B6;
    private const uint Major = 1;
    private const uint Minor = 3;

    /// <summary>
    /// Opens a device of this process's own, on a file system that is mounted nowhere: crun gives a container's standard streams to the
    /// container's user, and with the host's /dev/null that user could take it away from everyone. On kernels before 5.2, which lack the
    /// mount API, it is the host's. Read and write; close-on-exec; the caller closes it.
    /// </summary>
    /// <exception cref="LinuxException"/>
    public static int OpenOwn()
    {
        var folder = MakeFolder();
        if (folder < 0)
        {
            return RawFiles.Open("/dev/null", OpenFlags.ReadWrite);
        }

        try
        {
            FileAt.Check(FileAt.TryMakeNode(folder, "null", FileKind.CharacterDevice, Everyone, Major, Minor), "mknod", "null");
            FileAt.Check(FileAt.TryChangeMode(folder, "null", Everyone), "chmod", "null");
            return FileAt.Open(folder, "null", OpenAtFlags.ReadWrite);
        }
        finally
        {
            FileAt.Close(folder);
        }
    }

    private static int MakeFolder()
    {
        var context = MountApi.TryOpen("tmpfs");
        if (context < 0)
        {
            return context;
        }

        try
        {
            var created = MountApi.TryCreate(context);
            return created < 0 ? created : MountApi.TryMount(context);
        }
        finally
        {
            FileAt.Close(context);
        }
    }
}
