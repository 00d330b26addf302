using System.Runtime.InteropServices;

namespace Gantry.Linux;

/// <summary>Who this process acts as (geteuid(2), getegid(2)).</summary>
public static partial class UserIdentity
{
    public static uint EffectiveUser => GetEffectiveUser();

    public static uint EffectiveGroup => GetEffectiveGroup();

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint GetEffectiveUser();

    [LibraryImport("libc", EntryPoint = "getegid")]
    private static partial uint GetEffectiveGroup();
}
