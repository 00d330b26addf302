using Gantry.Errors;
using Gantry.Linux.Cgroups;
using Gantry.Runtime.Protocol;

namespace Gantry.Runtime.Services;

/// <summary>A start as it is asked of the monitor.</summary>
internal sealed record LaunchPlan(ProcessRecord Record, IReadOnlyList<string> Arguments, int Rows, int Columns)
{
    /// <summary>Makes the error of what the runtime said.</summary>
    public required Func<string, GantryException> Failure { get; init; }

    /// <summary>Added to the runtime's environment, <c>NAME=VALUE</c>.</summary>
    public IReadOnlyList<string> Environment { get; init; } = [];

    /// <summary>How long the runtime may take without a monitor that waits for it.</summary>
    public TimeSpan RuntimeLimit { get; init; } = TimeSpan.FromSeconds(10);

    public string PidFile => $"{Record.Directory}/{RunFiles.Pid}";

    public void Write(MessageWriter writer)
    {
        Record.Write(writer);
        writer.Add(Field.PidFile, PidFile).Add(Field.RuntimeLog, $"{Record.Directory}/{RunFiles.RuntimeLog}");
        writer.Add(Field.Rows, Rows).Add(Field.Columns, Columns);
        foreach (var argument in Arguments)
        {
            writer.Add(Field.Argument, argument);
        }

        foreach (var variable in Environment)
        {
            writer.Add(Field.Environment, variable);
        }
    }
}

/// <summary>Records of processes that are to be started.</summary>
internal static class LaunchRecords
{
    public static ProcessRecord ForContainer(TaskSpec spec, RuntimeCommand runtime, string directory, Cgroup cgroup)
    {
        var log = ValidateLog(spec.Log);
        return new ProcessRecord
        {
            Id = spec.Id,
            Directory = directory,
            BundlePath = spec.BundlePath,
            RuntimeName = runtime.Name,
            CgroupsPath = cgroup.Path,
            OomFile = cgroup.OomFile ?? "",
            CgroupDirectory = cgroup.ProcessDirectory ?? "",
            LogPath = log?.Path ?? "",
            LogMaxSize = log?.MaxSize ?? 0,
            LogMaxFiles = log?.MaxFiles ?? 1,
            LogAttributes = log?.AttributesJson ?? "",
            Flags = ProcessFlags.OpenOutput
                | (spec.Tty ? ProcessFlags.Tty : 0)
                | (spec.OpenStdin ? ProcessFlags.OpenStdin : 0)
                | (spec.SharedPidNamespace ? ProcessFlags.SharedPidNamespace : 0)
                | (log?.Compress == true ? ProcessFlags.CompressLog : 0),
        };
    }

    public static ProcessRecord ForExec(ExecSpec spec, ProcessRecord container, string directory) => new()
    {
        Id = spec.ContainerId,
        ExecId = spec.ExecId,
        Directory = directory,
        RuntimeName = container.RuntimeName,
        CgroupsPath = container.CgroupsPath,
        Flags = (spec.Tty ? ProcessFlags.Tty : 0)
            | (spec.OpenStdin ? ProcessFlags.OpenStdin : 0)
            | (spec.OpenOutput ? ProcessFlags.OpenOutput : 0),
    };

    private static LogConfig? ValidateLog(LogConfig log) => log.Driver switch
    {
        "none" => null,
        "json-file" when log.Path is ['/', ..] && log.MaxFiles >= 1 && log.MaxSize >= 0 => log,
        "json-file" => throw GantryException.InvalidArgument("json-file log: an absolute path and positive limits are needed"),
        _ => throw GantryException.InvalidArgument($"logger: no log driver named '{log.Driver}' is registered"),
    };
}
