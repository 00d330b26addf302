namespace Gantry.Oci;

/// <summary>A system call filter (runtime-spec config-linux.md, "Seccomp"). Actions and operators keep libseccomp's names.</summary>
public sealed record LinuxSeccomp
{
    public required string DefaultAction { get; init; }

    public uint? DefaultErrnoRet { get; init; }

    public IReadOnlyList<string>? Architectures { get; init; }

    public IReadOnlyList<string>? Flags { get; init; }

    public string? ListenerPath { get; init; }

    public string? ListenerMetadata { get; init; }

    public IReadOnlyList<LinuxSyscall>? Syscalls { get; init; }
}

/// <summary>What happens on some system calls, all arguments having to match.</summary>
public sealed record LinuxSyscall
{
    public required IReadOnlyList<string> Names { get; init; }

    public required string Action { get; init; }

    public uint? ErrnoRet { get; init; }

    public IReadOnlyList<LinuxSeccompArg>? Args { get; init; }
}

/// <summary>A comparison of one system call argument.</summary>
public sealed record LinuxSeccompArg
{
    public uint Index { get; init; }

    public ulong Value { get; init; }

    /// <summary>Left out when zero, which the specification takes as its value.</summary>
    public ulong? ValueTwo { get; init; }

    public required string Op { get; init; }
}
