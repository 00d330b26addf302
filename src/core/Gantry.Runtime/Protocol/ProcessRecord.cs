namespace Gantry.Runtime.Protocol;

/// <summary>
/// All that is known about one process, init or exec: as the engine orders it, as the monitor keeps it, as it is written to the run directory
/// and as it is handed over when one of the two was killed.
/// </summary>
public sealed class ProcessRecord
{
    public required string Id { get; init; }

    /// <summary>Empty for the container's init process.</summary>
    public string ExecId { get; init; } = "";

    public ProcessFlags Flags { get; set; }

    /// <summary>The run files: FIFOs <c>0</c> <c>1</c> <c>2</c>, <c>pid</c>, <c>state</c>, <c>exit</c>.</summary>
    public string Directory { get; init; } = "";

    public string BundlePath { get; init; } = "";

    public string RuntimeName { get; init; } = "";

    public string CgroupsPath { get; init; } = "";

    public string OomFile { get; init; } = "";

    public string CgroupDirectory { get; init; } = "";

    /// <summary>Empty: no log.</summary>
    public string LogPath { get; init; } = "";

    public long LogMaxSize { get; init; }

    public int LogMaxFiles { get; init; } = 1;

    public string LogAttributes { get; init; } = "";

    public int Pid { get; set; }

    public long StartedAt { get; set; }

    public long StartTicks { get; set; }

    public int WaitStatus { get; set; }

    public long ExitedAt { get; set; }

    public bool IsExec => ExecId.Length > 0;

    public bool Has(ProcessFlags flag) => (Flags & flag) != 0;

    /// <summary>Adds the record's fields to a message.</summary>
    public void Write(MessageWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.Add(Field.Id, Id).Add(Field.Flags, (long)Flags).Add(Field.Directory, Directory);
        AddText(writer, Field.ExecId, ExecId);
        AddText(writer, Field.BundlePath, BundlePath);
        AddText(writer, Field.RuntimeName, RuntimeName);
        AddText(writer, Field.CgroupsPath, CgroupsPath);
        AddText(writer, Field.OomFile, OomFile);
        AddText(writer, Field.CgroupDirectory, CgroupDirectory);
        if (LogPath.Length > 0)
        {
            writer.Add(Field.LogPath, LogPath).Add(Field.LogMaxSize, LogMaxSize).Add(Field.LogMaxFiles, LogMaxFiles);
            AddText(writer, Field.LogAttributes, LogAttributes);
        }

        if (Pid != 0)
        {
            writer.Add(Field.Pid, Pid).Add(Field.StartedAt, StartedAt).Add(Field.StartTicks, StartTicks);
        }

        if (Has(ProcessFlags.Exited))
        {
            writer.Add(Field.WaitStatus, WaitStatus).Add(Field.ExitedAt, ExitedAt);
        }
    }

    /// <summary>Collects the record's fields from a message; null without an id.</summary>
    public static ProcessRecord? Read(MessageReader reader)
    {
        var fields = new RecordFields();
        while (reader.Next())
        {
            fields.Take(ref reader);
        }

        return fields.Build();
    }

    private static void AddText(MessageWriter writer, Field field, string value)
    {
        if (value.Length > 0)
        {
            writer.Add(field, value);
        }
    }

    private struct RecordFields()
    {
        private readonly Dictionary<Field, string> _texts = [];
        private readonly Dictionary<Field, long> _numbers = [];

        public readonly void Take(ref MessageReader reader)
        {
            switch (reader.Field)
            {
                case Field.Id or Field.ExecId or Field.Directory or Field.BundlePath or Field.RuntimeName or Field.CgroupsPath
                    or Field.OomFile or Field.CgroupDirectory or Field.LogPath or Field.LogAttributes:
                    _texts[reader.Field] = reader.Text;
                    break;
                case Field.Flags or Field.LogMaxSize or Field.LogMaxFiles or Field.Pid or Field.StartedAt or Field.StartTicks
                    or Field.WaitStatus or Field.ExitedAt:
                    _numbers[reader.Field] = reader.Number;
                    break;
            }
        }

        public readonly ProcessRecord? Build() => Text(Field.Id).Length == 0
            ? null
            : new ProcessRecord
            {
                Id = Text(Field.Id),
                ExecId = Text(Field.ExecId),
                Flags = (ProcessFlags)Number(Field.Flags),
                Directory = Text(Field.Directory),
                BundlePath = Text(Field.BundlePath),
                RuntimeName = Text(Field.RuntimeName),
                CgroupsPath = Text(Field.CgroupsPath),
                OomFile = Text(Field.OomFile),
                CgroupDirectory = Text(Field.CgroupDirectory),
                LogPath = Text(Field.LogPath),
                LogMaxSize = Number(Field.LogMaxSize),
                LogMaxFiles = (int)Math.Max(1, Number(Field.LogMaxFiles)),
                LogAttributes = Text(Field.LogAttributes),
                Pid = (int)Number(Field.Pid),
                StartedAt = Number(Field.StartedAt),
                StartTicks = Number(Field.StartTicks),
                WaitStatus = (int)Number(Field.WaitStatus),
                ExitedAt = Number(Field.ExitedAt),
            };

        private readonly string Text(Field field) => _texts.GetValueOrDefault(field, "");

        private readonly long Number(Field field) => _numbers.GetValueOrDefault(field);
    }
}
