using System.Globalization;
using System.Text;
using Gantry.Linux;
using Gantry.Runtime.Protocol;

namespace Gantry.Runtime;

/// <summary>
/// The mount namespace in which engine, monitor and runtimes live, so that containers' mounts stay out of the host's table.
/// See docs/design/engine-mount-namespace.md.
/// </summary>
public static class EngineNamespace
{
    private const string Marker = "GANTRY_ENGINE_NAMESPACE";
    private const int DirectoryMode = 0x1C9;
    private const string OwnProgram = "/proc/self/exe";

    /// <summary>
    /// Call first thing in Main. Moves the process into the namespace of the exec root's live monitor, or into a new one, and starts its program again
    /// with the same arguments; in that second run it returns at once. Roots are created when missing.
    /// </summary>
    /// <exception cref="LinuxException">A step failed (no CAP_SYS_ADMIN, for instance).</exception>
    public static void Enter(EngineNamespaceOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (Environment.GetEnvironmentVariable(Marker) == CurrentId("self"))
        {
            // Programs this one starts are to decide for themselves.
            Environment.SetEnvironmentVariable(Marker, null);
            return;
        }

        var program = File.ResolveLinkTarget(OwnProgram, returnFinalTarget: false)?.FullName;
        Directory.CreateDirectory(options.DataRoot);
        Directory.CreateDirectory(Path.GetDirectoryName(options.ExecRoot) ?? "/");
        RawFiles.MakeDirectory(options.ExecRoot, DirectoryMode);
        if (MonitorPid(options.ExecRoot) is not { } monitor || !TryJoin(monitor))
        {
            Create(options);
        }

        Restart(program);
    }

    /// <summary>Identity of a process's mount namespace, such as <c>mnt:[4026531841]</c>; null when there is no such process.</summary>
    internal static string? CurrentId(string process) => File.ResolveLinkTarget($"/proc/{process}/ns/mnt", returnFinalTarget: false)?.Name;

    /// <summary>The live monitor, by the file it leaves: connecting to it would end a running engine's connection.</summary>
    private static int? MonitorPid(string execRoot)
    {
        Span<byte> buffer = stackalloc byte[64];
        var n = RawFiles.TryReadFile($"{execRoot}/{RunFiles.MonitorPid}", buffer);
        var fields = Encoding.ASCII.GetString(buffer[..Math.Max(n, 0)]).Split(' ');
        return fields.Length == 2 && int.TryParse(fields[0], out var pid)
            && ProcessStat.Read(pid) is { IsZombie: false } stat && stat.StartTime.ToString(CultureInfo.InvariantCulture) == fields[1]
            ? pid
            : null;
    }

    private static bool TryJoin(int pid)
    {
        var fd = RawFiles.TryOpen($"/proc/{pid}/ns/mnt", OpenFlags.ReadOnly);
        if (fd < 0)
        {
            return false;
        }

        // A thread that shares root and working directory with others may not change its mount namespace.
        Namespaces.Unshare(NamespaceKind.FileSystemAttributes);
        Namespaces.Enter(fd, NamespaceKind.Mount);
        RawFiles.Close(fd);
        return true;
    }

    private static void Create(EngineNamespaceOptions options)
    {
        var lines = File.ReadAllLines("/proc/self/mountinfo");
        var roots = new[] { Path.GetFullPath(options.DataRoot), Path.GetFullPath(options.ExecRoot) };
        var plans = roots.Select(root => PrivateMount.Plan(root, lines)).ToList();
        Namespaces.Unshare(NamespaceKind.FileSystemAttributes | NamespaceKind.Mount);
        plans.ForEach(static plan => plan.Apply());
        HybridCgroups.Hide();
    }

    /// <param name="program">What the program was called before.</param>
    private static void Restart(string? program)
    {
        var arguments = File.ReadAllText("/proc/self/cmdline").Split('\0')[..^1];
        var environment = new List<string> { $"{Marker}={CurrentId("thread-self")}" };
        foreach (System.Collections.DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            if ((string)variable.Key != Marker)
            {
                environment.Add($"{variable.Key}={variable.Value}");
            }
        }

        ProcessControl.Execute(IsOwnProgram(program) ? program! : OwnProgram, arguments, environment);
    }

    /// <summary>
    /// By its name here, not by what is running: that lies on a mount of the namespace just left. Where nobody else is in there, it is gone, and the
    /// program could not tell any more in which folder it is.
    /// </summary>
    private static bool IsOwnProgram(string? path)
    {
        if (path is null || RawFiles.TryOpen(path, OpenFlags.PathOnly) is not (>= 0 and var found))
        {
            return false;
        }

        var own = RawFiles.Open(OwnProgram, OpenFlags.PathOnly);
        try
        {
            var (a, b) = (FileAt.Stat(found), FileAt.Stat(own));
            return (a.FileSystem, a.Inode) == (b.FileSystem, b.Inode);
        }
        finally
        {
            RawFiles.Close(found);
            RawFiles.Close(own);
        }
    }
}
