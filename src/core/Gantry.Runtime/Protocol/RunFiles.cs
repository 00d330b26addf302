using Gantry.Linux;

namespace Gantry.Runtime.Protocol;

/// <summary>Names in the exec root and the record files in it. Everything there can be rebuilt after a reboot, so nothing is synced.</summary>
public static class RunFiles
{
    public const string Socket = "monitor.sock";

    /// <summary>Holds the monitor's pid and start time.</summary>
    public const string MonitorPid = "monitor.pid";
    public const string Journal = "monitor.journal";
    public const string MonitorLog = "monitor.log";
    public const string Tasks = "tasks";
    public const string RuntimeRoot = "runtime";
    public const string EngineLock = "engine.lock";
    public const string Execs = "exec";
    public const string State = "state";
    public const string Exit = "exit";
    public const string Pid = "pid";
    public const string RuntimeLog = "log";
    public const string Console = "console";

    /// <summary>Empty; there for a container that the runtime itself has to delete.</summary>
    public const string StopHooks = "stop-hooks";

    private const int MaxRecord = 64 * 1024;

    public static string TaskDirectory(string execRoot, string id) => $"{execRoot}/{Tasks}/{id}";

    public static string ExecDirectory(string execRoot, string id, string execId) => $"{execRoot}/{Tasks}/{id}/{Execs}/{execId}";

    /// <summary>Name of a process's FIFO: 0, 1 or 2.</summary>
    public static string Fifo(string directory, int stream) => $"{directory}/{stream}";

    /// <summary>Writes a record so that a reader sees all of it or nothing.</summary>
    public static void Save(ProcessRecord record, string name, MessageWriter writer)
    {
        ArgumentNullException.ThrowIfNull(record);
        ArgumentNullException.ThrowIfNull(writer);
        record.Write(writer.Begin(MessageKind.Process, 0));
        RawFiles.Replace($"{record.Directory}/{name}", writer.Fields);
    }

    /// <summary>Reads a record file; null when it isn't there or no record.</summary>
    public static ProcessRecord? Load(string path)
    {
        var buffer = new byte[MaxRecord];
        var n = RawFiles.TryReadFile(path, buffer);
        return n <= 0 ? null : ProcessRecord.Read(MessageReader.OfFields(buffer.AsSpan(0, n)));
    }
}
