using System.Collections;

namespace Gantry.Linux;

/// <summary>Starts a program that outlives us: in a session of its own, with nothing of our stdio; or becomes it.</summary>
public static class DetachedProcess
{
    private const int LogMode = 0x1a4; // 0644

    /// <summary>Starts <paramref name="path"/> with our environment, stdin from /dev/null, stdout and stderr appended to <paramref name="logPath"/>.</summary>
    /// <param name="arguments">Without argv[0].</param>
    /// <returns>The process id; init reaps it once we are gone, <see cref="TryReap"/> before.</returns>
    /// <exception cref="LinuxException">The program can't be started.</exception>
    public static int Start(string path, IReadOnlyList<string> arguments, string logPath)
    {
        var input = RawFiles.Open("/dev/null", OpenFlags.ReadOnly);
        try
        {
            var log = RawFiles.Open(logPath, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Append, LogMode);
            try
            {
                return ProcessSpawn.Start(new SpawnOptions
                {
                    Path = path, Arguments = [path, .. arguments], Environment = Environment(), Stdin = input, Stdout = log, Stderr = log, NewSession = true,
                });
            }
            finally
            {
                RawFiles.Close(log);
            }
        }
        finally
        {
            RawFiles.Close(input);
        }
    }

    /// <summary>Whether a process that <see cref="Start"/> made has ended: its exit code (128 plus the signal that ended it), or null.</summary>
    public static int? TryReap(int pid) => ChildProcesses.TryReap(pid, out var status) == pid ? ChildProcesses.ExitCode(status) : null;

    /// <summary>Becomes <paramref name="path"/>; returns only by throwing.</summary>
    /// <exception cref="LinuxException">The program can't be executed.</exception>
    public static void Become(string path, IReadOnlyList<string> arguments) => ProcessControl.Execute(path, [path, .. arguments], Environment());

    /// <summary>As <see cref="Become(string, IReadOnlyList{string})"/>, with one variable set besides our own environment.</summary>
    /// <exception cref="LinuxException">The program can't be executed.</exception>
    public static void Become(string path, IReadOnlyList<string> arguments, string variable, string value)
    {
        System.Environment.SetEnvironmentVariable(variable, value);
        Become(path, arguments);
    }

    /// <summary>Our own environment as NAME=value.</summary>
    internal static List<string> Environment()
    {
        var result = new List<string>();
        foreach (DictionaryEntry entry in System.Environment.GetEnvironmentVariables())
        {
            result.Add($"{entry.Key}={entry.Value}");
        }

        return result;
    }
}
