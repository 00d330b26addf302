using Gantry.Linux;
using Gantry.Runtime.Monitoring;
using Gantry.Runtime.Protocol;

namespace Gantry.Runtime.Services;

/// <summary>Finds processes in the run files, when neither engine nor monitor is left that knew them.</summary>
internal static class RunFileScan
{
    public static IEnumerable<TaskEntry> Load(string execRoot)
    {
        foreach (var directory in Directories($"{execRoot}/{RunFiles.Tasks}"))
        {
            foreach (var process in Directories($"{directory}/{RunFiles.Execs}").Append(directory))
            {
                if (LoadRecord(process) is { } record)
                {
                    yield return ToEntry(record);
                }
            }
        }
    }

    /// <summary>Ids of the task directories.</summary>
    public static IEnumerable<string> TaskIds(string execRoot) => Directories($"{execRoot}/{RunFiles.Tasks}").Select(path => Path.GetFileName(path)!);

    public static bool HasRecord(string directory) => LoadRecord(directory) is not null;

    private static ProcessRecord? LoadRecord(string directory) =>
        RunFiles.Load($"{directory}/{RunFiles.Exit}") ?? RunFiles.Load($"{directory}/{RunFiles.State}");

    private static string[] Directories(string path) => Directory.Exists(path) ? Directory.GetDirectories(path) : [];

    /// <summary>
    /// Opens what can be opened again by name: the process, if it is still the same one, and its FIFOs. A terminal can't; its process has been
    /// hung up on.
    /// </summary>
    public static TaskEntry ToEntry(ProcessRecord record)
    {
        Span<int> descriptors = stackalloc int[4];
        var kinds = DescriptorKinds.None;
        var count = 0;
        var pidFd = record.Has(ProcessFlags.Exited) ? -1 : OpenProcess(record);
        if (pidFd >= 0)
        {
            Add(pidFd, DescriptorKinds.PidFd, ref kinds, descriptors, ref count);
            if (!record.Has(ProcessFlags.StdinEnded))
            {
                Open(record, 0, OpenFlags.WriteOnly, DescriptorKinds.Stdin, ref kinds, descriptors, ref count);
            }

            Open(record, 1, OpenFlags.ReadOnly, DescriptorKinds.Stdout, ref kinds, descriptors, ref count);
            Open(record, 2, OpenFlags.ReadOnly, DescriptorKinds.Stderr, ref kinds, descriptors, ref count);
        }

        return new TaskEntry(record, kinds, descriptors[..count]);
    }

    private static int OpenProcess(ProcessRecord record)
    {
        var pidFd = PidFd.TryOpen(record.Pid);
        if (pidFd >= 0 && (long)(ProcessStat.Read(record.Pid)?.StartTime ?? 0) != record.StartTicks)
        {
            RawFiles.Close(pidFd);
            return -1;
        }

        return pidFd;
    }

    private static void Open(
        ProcessRecord record, int stream, OpenFlags flags, DescriptorKinds kind, ref DescriptorKinds kinds, Span<int> descriptors, ref int count) =>
        Add(RawFiles.TryOpen(RunFiles.Fifo(record.Directory, stream), flags | OpenFlags.NonBlocking), kind, ref kinds, descriptors, ref count);

    private static void Add(int fd, DescriptorKinds kind, ref DescriptorKinds kinds, Span<int> descriptors, ref int count)
    {
        if (fd >= 0)
        {
            kinds |= kind;
            descriptors[count++] = fd;
        }
    }
}
