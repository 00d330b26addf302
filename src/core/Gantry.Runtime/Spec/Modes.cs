namespace Gantry.Runtime.Spec;

/// <summary>The namespace modes of a HostConfig: <c>host</c>, <c>private</c>, <c>container:ID</c> and their relatives.</summary>
public static class Modes
{
    private const string ContainerPrefix = "container:";

    public static bool IsHost(string? mode) => mode == "host";

    /// <summary>The container whose namespace is joined, or null.</summary>
    public static string? Container(string? mode) =>
        mode is not null && mode.StartsWith(ContainerPrefix, StringComparison.Ordinal) && mode.Length > ContainerPrefix.Length
            ? mode[ContainerPrefix.Length..]
            : null;

    internal static bool IsValidPid(string? mode) => string.IsNullOrEmpty(mode) || IsHost(mode) || Container(mode) is not null;

    internal static bool IsValidUts(string? mode) => string.IsNullOrEmpty(mode) || IsHost(mode);

    internal static bool IsValidIpc(string? mode) =>
        mode is null or "" or "none" or "private" or "shareable" or "host" || Container(mode) is not null;

    internal static bool IsValidCgroupns(string? mode) => mode is null or "" or "private" or "host";
}
