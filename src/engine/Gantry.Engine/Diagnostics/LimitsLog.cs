using Gantry.Engine.Settings;

namespace Gantry.Engine.Diagnostics;

/// <summary>The limits in force, in the lines that dockerd logs at level debug when it starts and when it has read its file again.</summary>
internal static class LimitsLog
{
    internal static void Started(EngineLog log, EngineSettings settings) => Write(log, settings, string.Empty);

    internal static void Reloaded(EngineLog log, EngineSettings settings)
    {
        Write(log, settings, "Reset ");
        log.Debug($"Reset Shutdown Timeout: {settings.ShutdownTimeout}");
    }

    private static void Write(EngineLog log, EngineSettings settings, string prefix)
    {
        log.Debug($"{prefix}Max Concurrent Downloads: {settings.MaxConcurrentDownloads}");
        log.Debug($"{prefix}Max Concurrent Uploads: {settings.MaxConcurrentUploads}");
        log.Debug($"{prefix}Max Download Attempts: {settings.MaxDownloadAttempts}");
    }
}
