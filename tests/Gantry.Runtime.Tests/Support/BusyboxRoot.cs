namespace Gantry.Runtime.Tests.Support;

/// <summary>A root file system with nothing but busybox (Debian's busybox-static).</summary>
internal static class BusyboxRoot
{
    private static readonly string[] s_applets =
        ["sh", "true", "false", "cat", "echo", "ls", "sleep", "seq", "stty", "kill", "printf", "dd", "head", "tail", "id", "env", "yes", "usleep", "trap", "wc", "sha256sum", "ps", "awk"];

    public static void Create(string path)
    {
        foreach (var directory in (string[])["bin", "proc", "sys", "dev", "tmp", "etc"])
        {
            Directory.CreateDirectory($"{path}/{directory}");
        }

        File.Copy("/bin/busybox", $"{path}/bin/busybox");
        foreach (var applet in s_applets)
        {
            File.CreateSymbolicLink($"{path}/bin/{applet}", "busybox");
        }

        File.WriteAllText($"{path}/etc/passwd", "root:x:0:0::/:/bin/sh\nuser:x:1000:1000::/:/bin/sh\n");
    }
}
