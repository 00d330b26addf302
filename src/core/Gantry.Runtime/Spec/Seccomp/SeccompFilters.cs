using System.Collections.Concurrent;
using System.Text.Json;
using Gantry.Errors;
using Gantry.Oci;

namespace Gantry.Runtime.Spec;

/// <summary>Which system call filter a container gets.</summary>
internal static class SeccompFilters
{
    private const string Unconfined = "unconfined";
    private const string BuiltIn = "builtin";

    /// <summary>A profile larger than this is no profile; the default one has 13 kB.</summary>
    private const int LargestProfile = 4 * 1024 * 1024;

    private static readonly Lazy<SeccompProfile> s_default = new(LoadDefault);

    // Evaluating the default profile is the same for all containers with the same capabilities, which are few kinds.
    private static readonly ConcurrentDictionary<string, LinuxSeccomp?> s_compiled = new();

    /// <summary>Null leaves the container without a filter. Throws InvalidArgument on a bad profile.</summary>
    /// <param name="own">The container's <c>seccomp=</c> option: <c>unconfined</c>, <c>builtin</c>, JSON, or null.</param>
    /// <param name="engine">The engine's default, with the same values.</param>
    /// <param name="privileged">Without a filter unless the container asks for one itself.</param>
    /// <param name="host">The host's facts.</param>
    /// <param name="capabilities">The container's bounding set.</param>
    internal static LinuxSeccomp? Choose(
        string? own, string? engine, bool privileged, HostFacts host, IReadOnlyList<string> capabilities)
    {
        var profile = string.IsNullOrEmpty(own) ? (privileged ? Unconfined : engine ?? BuiltIn) : own;
        if (profile == Unconfined)
        {
            return null;
        }

        if (!host.SeccompSupported)
        {
            return profile == BuiltIn
                ? null
                : throw GantryException.InvalidArgument("seccomp is not enabled in your kernel, cannot run a custom seccomp profile");
        }

        return profile == BuiltIn ? Default(host, capabilities) : SeccompCompiler.Compile(Parse(profile), host, capabilities);
    }

    private static LinuxSeccomp? Default(HostFacts host, IReadOnlyList<string> capabilities)
    {
        var key = $"{host.Architecture} {host.KernelVersion} {string.Join(' ', capabilities)}";
        if (s_compiled.Count > 256)
        {
            s_compiled.Clear();
        }

        return s_compiled.GetOrAdd(key, _ => SeccompCompiler.Compile(s_default.Value, host, capabilities));
    }

    private static SeccompProfile Parse(string json)
    {
        if (json.Length > LargestProfile)
        {
            throw GantryException.InvalidArgument($"Decoding seccomp profile failed: larger than {LargestProfile} bytes");
        }

        try
        {
            return JsonSerializer.Deserialize(json, SeccompProfileJson.Default.SeccompProfile) ?? new SeccompProfile();
        }
        catch (JsonException e)
        {
            throw GantryException.InvalidArgument($"Decoding seccomp profile failed: {e.Message}", e);
        }
    }

    private static SeccompProfile LoadDefault()
    {
        using var stream = typeof(SeccompFilters).Assembly.GetManifestResourceStream("seccomp-default.json")
            ?? throw GantryException.Internal("the default seccomp profile is missing in this build");
        return JsonSerializer.Deserialize(stream, SeccompProfileJson.Default.SeccompProfile)!;
    }
}
