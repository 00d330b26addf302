namespace Gantry.Linux;

/// <summary>A random id of this boot of the kernel (random(4)): tells whether a power cut or reboot lies between two moments.</summary>
public static class BootId
{
    private static readonly Lazy<string> s_current = new(() => File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim());

    /// <summary>36 characters of lower-case hex digits and dashes.</summary>
    public static string Current => s_current.Value;
}
