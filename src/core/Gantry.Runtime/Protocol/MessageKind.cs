namespace Gantry.Runtime.Protocol;

/// <summary>
/// What a message on the monitor's socket is. The socket is SOCK_SEQPACKET: one packet, one message, with descriptors as SCM_RIGHTS cargo.
/// Numbers are never reused: an engine and a monitor of different versions talk to each other after an upgrade in place.
/// </summary>
public enum MessageKind : ushort
{
    /// <summary>Engine: first message; <see cref="Field.Version"/>.</summary>
    Hello = 1,

    /// <summary>Monitor: <see cref="Field.Version"/>, <see cref="Field.Pid"/>, <see cref="Field.Flags"/> bit 0 when it awaits <see cref="Adopt"/>s.</summary>
    Welcome = 2,

    /// <summary>Monitor, after <see cref="Welcome"/>: one process record with its descriptors.</summary>
    Process = 3,

    /// <summary>Monitor: all <see cref="Process"/> messages were sent.</summary>
    Listed = 4,

    /// <summary>Engine: run a container or an exec (the record has an exec id).</summary>
    Launch = 10,

    /// <summary>Monitor: it runs; pid, start times, descriptors.</summary>
    Launched = 11,

    /// <summary>Engine: connect the socket that comes along to a process's stdio.</summary>
    Attach = 12,

    /// <summary>Engine: end a process's stdin after what the attachment has sent.</summary>
    CloseInput = 13,

    /// <summary>Monitor: an attachment's output has ended (not sent when the engine closed it).</summary>
    AttachmentEnded = 14,

    /// <summary>Engine: take over a process with its descriptors, after the previous monitor's death.</summary>
    Adopt = 15,

    /// <summary>Engine: no more <see cref="Adopt"/>s.</summary>
    Adopted = 16,

    /// <summary>Engine: drop the record of an ended process.</summary>
    Forget = 17,

    /// <summary>Engine: run a program (the runtime's other verbs) and tell its exit status.</summary>
    Invoke = 18,

    /// <summary>Monitor: a request succeeded.</summary>
    Done = 30,

    /// <summary>Monitor: a request failed; <see cref="Field.ErrorKind"/>, <see cref="Field.Text"/>.</summary>
    Failed = 31,

    /// <summary>Monitor: a process has ended; its record.</summary>
    Exited = 40,

    /// <summary>Monitor: the OOM killer was at work in a container.</summary>
    OutOfMemory = 41,
}

/// <summary>Tags of a message's fields. Unknown ones are skipped, missing ones have their type's default; numbers are never reused.</summary>
public enum Field : byte
{
    Version = 1,
    Id = 2,
    ExecId = 3,
    Pid = 4,

    /// <summary>Wall clock, nanoseconds after 1970.</summary>
    StartedAt = 5,

    /// <summary>The kernel's start time in ticks after boot.</summary>
    StartTicks = 6,
    Flags = 7,

    /// <summary>As wait(2) gives it.</summary>
    WaitStatus = 8,

    /// <summary>Wall clock, nanoseconds after 1970.</summary>
    ExitedAt = 9,

    /// <summary>Repeated, in order.</summary>
    Argument = 10,

    /// <summary>Bits of <see cref="DescriptorKinds"/>, in the order in which the descriptors come.</summary>
    Descriptors = 11,
    Directory = 12,
    Rows = 13,
    Columns = 14,
    BundlePath = 15,
    RuntimeName = 16,
    CgroupsPath = 17,

    /// <summary>File with the <c>oom_kill</c> counter.</summary>
    OomFile = 18,

    /// <summary>A cgroup directory with all the container's processes.</summary>
    CgroupDirectory = 19,
    LogPath = 20,
    LogMaxSize = 21,
    LogMaxFiles = 22,
    LogAttributes = 23,
    Text = 24,
    ErrorKind = 25,
    AttachmentId = 26,

    /// <summary>Repeated: the attachments that come with a launch, 8 bytes each: id and flags.</summary>
    Attachment = 27,
    AttachFlags = 28,

    /// <summary>Path the runtime writes the process's pid to.</summary>
    PidFile = 29,

    /// <summary>Path the runtime writes its own messages to.</summary>
    RuntimeLog = 30,

    /// <summary>Repeated: a variable for the runtime, <c>NAME=VALUE</c>.</summary>
    Environment = 31,
}

/// <summary>Descriptors that go with a process, in this order.</summary>
[Flags]
public enum DescriptorKinds
{
    None = 0,
    PidFd = 1,
    Stdin = 2,
    Stdout = 4,
    Stderr = 8,
    Terminal = 16,
}

[Flags]
public enum ProcessFlags
{
    None = 0,
    Tty = 1,
    OpenStdin = 2,
    OpenOutput = 4,
    SharedPidNamespace = 8,
    CompressLog = 16,
    Exited = 32,
    OomKilled = 64,

    /// <summary>Nobody saw the exit status.</summary>
    ExitUnknown = 128,

    /// <summary>Stdin was ended on purpose.</summary>
    StdinEnded = 256,
}

[Flags]
public enum AttachFlags
{
    None = 0,
    Stdin = 1,
    Stdout = 2,
    Stderr = 4,

    /// <summary>The process waits for this reader.</summary>
    Block = 8,
}
