using Gantry.Api;

namespace Gantry.Runtime.Spec;

/// <summary>
/// Checks a container's resource limits as the Docker daemon does on create and update: impossible values are refused in its words,
/// limits this kernel can't hold are dropped with its warnings.
/// </summary>
public static class ResourceValidator
{
    /// <summary>Throws <see cref="Errors.GantryException"/> (InvalidArgument) on a value that is wrong whatever the host offers.</summary>
    /// <param name="hostConfig">On update: the stored configuration with the new values put in.</param>
    /// <param name="host">The host's facts.</param>
    /// <param name="update">True for <c>container update</c>, which may set swap on its own.</param>
    public static ValidationResult Validate(HostConfig hostConfig, HostFacts host, bool update = false)
    {
        var checkedConfig = hostConfig with { };
        var warnings = new List<string>();
        MemoryRules.Check(checkedConfig, host.Cgroups, update, warnings);
        CpuRules.Check(checkedConfig, host, warnings);
        BlkioRules.Check(checkedConfig, host.Cgroups, warnings);
        return new ValidationResult(checkedConfig, warnings);
    }
}
