using Gantry.Linux;

namespace Gantry.Apps.Init;

/// <summary>
/// <c>gantry-init -- COMMAND [ARGUMENT...]</c>: the first process of a container with <c>--init</c>. Starts the command, passes signals on to
/// it, reaps every orphan and ends as the command ends.
/// </summary>
internal static class Program
{
    private const int CannotExecute = 126;
    private const int NotFound = 127;

    public static int Main(string[] args)
    {
        var command = args is ["--", .. var rest] ? rest : args;
        if (command.Length == 0)
        {
            Complain("usage: gantry-init -- COMMAND [ARGUMENT...]");
            return 1;
        }

        try
        {
            if (!SignalWait.BlockInThread())
            {
                // Other threads exist already and would swallow signals; they inherit the mask when the program starts again.
                ProcessControl.Execute(
                    System.Environment.ProcessPath ?? "/proc/self/exe", [System.Environment.GetCommandLineArgs()[0], "--", .. command], Environment());
            }

            if (System.Environment.ProcessId != 1)
            {
                ProcessControl.BecomeSubreaper();
            }

            return Supervise(Start(command));
        }
        catch (LinuxException e) when (e.Call is "posix_spawn")
        {
            Complain($"exec {command[0]} failed: {e.Message[(e.Message.LastIndexOf(": ", StringComparison.Ordinal) + 2)..]}");
            return e.Errno == Errno.ENOENT ? NotFound : CannotExecute;
        }
        catch (LinuxException e)
        {
            Complain(e.Message);
            return 1;
        }
    }

    private static int Start(string[] command) => ProcessSpawn.Start(new SpawnOptions
    {
        Path = Find(command[0]),
        Arguments = command,
        Environment = Environment(),
        Stdin = 0,
        Stdout = 1,
        Stderr = 2,
        NewProcessGroup = true,
        ForegroundTerminal = Tty.IsTerminal(0) ? 0 : null,
    });

    private static int Supervise(int child)
    {
        while (true)
        {
            var signal = SignalWait.Next();
            if (signal != Signals.SIGCHLD)
            {
                _ = Signals.TrySend(child, signal);
                continue;
            }

            int? result = null;
            for (var pid = ChildProcesses.TryReapAny(out var status); pid > 0; pid = ChildProcesses.TryReapAny(out status))
            {
                if (pid == child)
                {
                    result = ChildProcesses.ExitCode(status);
                }
            }

            if (result is { } code)
            {
                return code;
            }
        }
    }

    /// <summary>As execvp(3) looks; a name that is nowhere stays as it is and fails to start.</summary>
    private static string Find(string name)
    {
        if (name.Contains('/', StringComparison.Ordinal))
        {
            return name;
        }

        var path = System.Environment.GetEnvironmentVariable("PATH") ?? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        return path.Split(':').Select(folder => Path.Combine(folder.Length == 0 ? "." : folder, name)).FirstOrDefault(File.Exists) ?? name;
    }

    private static void Complain(string text)
    {
        var line = System.Text.Encoding.UTF8.GetBytes($"docker-init: {text}\n");
        using var stderr = new FileStream(new Microsoft.Win32.SafeHandles.SafeFileHandle(2, ownsHandle: false), FileAccess.Write, 0);
        stderr.Write(line);
    }

    private static List<string> Environment()
    {
        var variables = new List<string>();
        foreach (System.Collections.DictionaryEntry variable in System.Environment.GetEnvironmentVariables())
        {
            variables.Add($"{variable.Key}={variable.Value}");
        }

        return variables;
    }
}
