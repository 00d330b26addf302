using Gantry.Linux.Seccomp;
using Gantry.Oci;

namespace Gantry.Runtime.Spec;

/// <summary>From the rules of an OCI configuration (runtime-spec config-linux.md, "Seccomp") to a program for the kernel, with the runtimes' reading of them.</summary>
internal static class SeccompTranslation
{
    private const int Arguments = 6;
    private const uint NotPermitted = 1;

    /// <summary>Null when the rules have something unknown in them, or libseccomp is missing or refuses them.</summary>
    internal static byte[]? Translate(LinuxSeccomp seccomp)
    {
        if (Action(seccomp.DefaultAction, seccomp.DefaultErrnoRet) is not { } defaultAction)
        {
            return null;
        }

        using var builder = SeccompFilterBuilder.TryCreate(defaultAction);
        if (builder is null || !(seccomp.Architectures ?? []).All(name => builder.TryAddArchitecture(Architecture(name))))
        {
            return null;
        }

        foreach (var rule in seccomp.Syscalls ?? [])
        {
            if (Action(rule.Action, rule.ErrnoRet) is not { } action || !TryAdd(builder, rule, action, defaultAction))
            {
                return null;
            }
        }

        return builder.Export();
    }

    private static bool TryAdd(SeccompFilterBuilder builder, LinuxSyscall rule, uint action, uint defaultAction)
    {
        // libseccomp takes no rule that says what holds anyway.
        if (action == defaultAction)
        {
            return true;
        }

        if (Comparisons(rule.Args ?? []) is not { } alternatives)
        {
            return false;
        }

        foreach (var name in rule.Names)
        {
            // A system call newer than libseccomp: nobody can have it then.
            if (SeccompFilterBuilder.ResolveSyscall(name) is not { } number)
            {
                continue;
            }

            foreach (var comparisons in alternatives)
            {
                if (!builder.TryAddRule(action, number, comparisons))
                {
                    return false;
                }
            }
        }

        return true;
    }

    /// <summary>All conditions together; or one by one, any of which is enough, when two are about the same argument, which libseccomp can't join.</summary>
    private static SeccompComparison[][]? Comparisons(IReadOnlyList<LinuxSeccompArg> arguments)
    {
        if (arguments.Count > Arguments)
        {
            return null;
        }

        var comparisons = new SeccompComparison[arguments.Count];
        for (var i = 0; i < comparisons.Length; i++)
        {
            if (arguments[i].Index >= Arguments || Operator(arguments[i].Op) is not { } comparison)
            {
                return null;
            }

            comparisons[i] = new SeccompComparison(arguments[i].Index, comparison, arguments[i].Value, arguments[i].ValueTwo ?? 0);
        }

        return comparisons.DistinctBy(c => c.Argument).Count() == comparisons.Length ? [comparisons] : [.. comparisons.Select(c => new[] { c })];
    }

    /// <summary>linux/seccomp.h's SECCOMP_RET_*, with the error number or the tracer's message in the low half.</summary>
    private static uint? Action(string name, uint? data) => (name, data) switch
    {
        ("SCMP_ACT_ERRNO", _) => 0x0005_0000 | ((data ?? NotPermitted) & 0xffff),
        ("SCMP_ACT_TRACE", _) => 0x7ff0_0000 | ((data ?? NotPermitted) & 0xffff),
        (_, not null) => null,
        ("SCMP_ACT_ALLOW", _) => 0x7fff_0000,
        ("SCMP_ACT_LOG", _) => 0x7ffc_0000,
        ("SCMP_ACT_TRAP", _) => 0x0003_0000,
        ("SCMP_ACT_KILL" or "SCMP_ACT_KILL_THREAD", _) => 0,
        ("SCMP_ACT_KILL_PROCESS", _) => 0x8000_0000,
        _ => null,
    };

    private static SeccompOperator? Operator(string name) => name switch
    {
        "SCMP_CMP_NE" => SeccompOperator.NotEqual,
        "SCMP_CMP_LT" => SeccompOperator.Less,
        "SCMP_CMP_LE" => SeccompOperator.LessOrEqual,
        "SCMP_CMP_EQ" => SeccompOperator.Equal,
        "SCMP_CMP_GE" => SeccompOperator.GreaterOrEqual,
        "SCMP_CMP_GT" => SeccompOperator.Greater,
        "SCMP_CMP_MASKED_EQ" => SeccompOperator.MaskedEqual,
        _ => null,
    };

    private static string Architecture(string name) =>
        (name.StartsWith("SCMP_ARCH_", StringComparison.Ordinal) ? name["SCMP_ARCH_".Length..] : name).ToLowerInvariant();
}
