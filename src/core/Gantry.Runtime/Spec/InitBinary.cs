using Gantry.Errors;

namespace Gantry.Runtime.Spec;

/// <summary>The init that <c>--init</c> puts in front of a container's command; it reaps orphans and passes signals on.</summary>
public static class InitBinary
{
    /// <summary>
    /// Docker's name first; Debian's package <c>tini</c> has the static build that runs in any image; the engine's own is installed beside it.
    /// </summary>
    private static readonly string[] s_names = ["docker-init", "tini-static", Own];

    private const string Own = "gantry-init";

    private static readonly string[] s_directories =
        ["/usr/local/libexec/docker", "/usr/libexec/docker", "/usr/local/bin", "/usr/bin", "/usr/local/sbin", "/usr/sbin"];

    /// <summary>
    /// Absolute path of the init, or null where there is none. <paramref name="configured"/> (<c>--init-path</c>) is the only candidate
    /// when it is given.
    /// </summary>
    public static string? Find(string? configured = null) =>
        !string.IsNullOrEmpty(configured)
            ? (File.Exists(configured) ? configured : null)
            : Candidates().FirstOrDefault(File.Exists);

    private static IEnumerable<string> Candidates()
    {
        var installed = s_names.SelectMany(name => s_directories.Select(directory => Path.Combine(directory, name)));
        return Path.GetDirectoryName(Environment.ProcessPath) is { } folder ? installed.Append(Path.Combine(folder, Own)) : installed;
    }

    internal static GantryException Missing() => GantryException.InvalidArgument(
        "exec: \"docker-init\": executable file not found in $PATH: --init needs an init binary on the host; install gantry-init beside gantryd or the package tini, or set --init-path");
}
