using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json;
using Gantry.Oci;

namespace Gantry.Runtime.Spec;

/// <summary>
/// Filters translated ahead for the kernel. A runtime translates the same rules anew at every start: crun needs 8 ms of a processor for the
/// default profile. It takes the finished program from an annotation too (crun(1), <c>run.oci.seccomp_bpf_data</c>).
/// </summary>
public static class SeccompPrograms
{
    private const string Annotation = "run.oci.seccomp_bpf_data";

    /// <summary>A machine has a handful of profiles; this bounds what made-up ones can fill.</summary>
    private const int Kept = 64;

    private static readonly ConcurrentDictionary<string, string?> s_programs = new();
    private static readonly Lock s_translating = new();

    /// <summary>
    /// The configuration with its filter's program in place of its rules, for a runtime that understands the annotation; unchanged where there
    /// is no filter, it has a listener, the container brings a program of its own, or libseccomp can't translate it (the runtime then says why).
    /// </summary>
    public static RuntimeSpec Precompile(RuntimeSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        if (spec.Linux?.Seccomp is not { ListenerPath: null or "" } seccomp || spec.Annotations?.ContainsKey(Annotation) == true
            || Program(seccomp) is not { } program)
        {
            return spec;
        }

        var annotations = new Dictionary<string, string>(spec.Annotations ?? new Dictionary<string, string>()) { [Annotation] = program };

        // The flags are the runtime's to set; without any it sets its default.
        var rest = seccomp.Flags is { Count: > 0 } ? seccomp with { Architectures = null, Syscalls = null } : null;
        return spec with { Annotations = annotations, Linux = spec.Linux with { Seccomp = rest } };
    }

    private static string? Program(LinuxSeccomp seccomp)
    {
        var key = Convert.ToHexString(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(seccomp, RuntimeSpecJson.Default.LinuxSeccomp)));
        if (s_programs.TryGetValue(key, out var known))
        {
            return known;
        }

        if (s_programs.Count >= Kept)
        {
            s_programs.Clear();
        }

        lock (s_translating)
        {
            return s_programs.GetOrAdd(key, _ => SeccompTranslation.Translate(seccomp) is { } program ? Convert.ToBase64String(program) : null);
        }
    }
}
