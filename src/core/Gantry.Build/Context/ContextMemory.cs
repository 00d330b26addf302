namespace Gantry.Build.Context;

/// <summary>What is known of a folder that is synced, and where it is kept when the build is through.</summary>
internal sealed record ContextMemory(KnownContents Store, KnownFolder Folder);
