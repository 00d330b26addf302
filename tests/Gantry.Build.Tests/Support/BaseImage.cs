using System.Diagnostics;

namespace Gantry.Build.Tests.Support;

/// <summary>A root file system of the host's static busybox, as tools/images/busybox.sh makes it.</summary>
internal static class BaseImage
{
    private const string Users = "root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1:daemon:/usr/sbin:/bin/false\nnobody:x:65534:65534:nobody:/home:/bin/false\n";
    private const string Groups = "root:x:0:\ndaemon:x:1:\nnogroup:x:65534:\n";
    private static readonly Lazy<byte[]> s_tar = new(Make);

    public static Stream Tar() => new MemoryStream(s_tar.Value);

    private static byte[] Make()
    {
        var builder = new ContextBuilder();
        foreach (var directory in new[] { "bin", "etc", "root", "home", "var", "usr", "sbin" })
        {
            builder.Directory(directory);
        }

        builder.Directory("tmp", 0x3ff);
        builder.File("bin/busybox", File.ReadAllBytes(Find()), 0x1ed);
        foreach (var applet in Applets().Where(a => a != "busybox"))
        {
            builder.Link("bin/" + applet, "busybox");
        }

        return builder.File("etc/passwd", Users).File("etc/group", Groups).Build().ToArray();
    }

    private static string Find() => new[] { "/usr/bin/busybox", "/bin/busybox" }.FirstOrDefault(File.Exists)
        ?? throw new InvalidOperationException("busybox-static is needed for these tests");

    private static IEnumerable<string> Applets()
    {
        using var process = Process.Start(new ProcessStartInfo(Find(), "--list") { RedirectStandardOutput = true })!;
        return process.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
