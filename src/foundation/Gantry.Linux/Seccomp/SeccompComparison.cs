using System.Runtime.InteropServices;

namespace Gantry.Linux.Seccomp;

/// <summary>A condition on one argument of a system call: libseccomp's struct scmp_arg_cmp.</summary>
/// <param name="Argument">0 to 5.</param>
/// <param name="Operator">How they are compared.</param>
/// <param name="Value">What the argument is compared with; for <see cref="SeccompOperator.MaskedEqual"/> the mask.</param>
/// <param name="Second">For <see cref="SeccompOperator.MaskedEqual"/>: what the masked argument is compared with.</param>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct SeccompComparison(uint Argument, SeccompOperator Operator, ulong Value, ulong Second);

/// <summary>enum scmp_compare of libseccomp.</summary>
public enum SeccompOperator
{
    NotEqual = 1,
    Less = 2,
    LessOrEqual = 3,
    Equal = 4,
    GreaterOrEqual = 5,
    Greater = 6,
    MaskedEqual = 7,
}
