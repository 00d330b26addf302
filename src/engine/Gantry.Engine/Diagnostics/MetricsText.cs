using System.Globalization;
using System.Text;
using Gantry.Api;
using Gantry.Engine.Containers.State;

namespace Gantry.Engine.Diagnostics;

/// <summary>The engine's figures in Prometheus' text format (exposition format 0.0.4).</summary>
internal static class MetricsText
{
    internal const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    internal static string Write(EngineCore core, SystemInfo info)
    {
        var text = new StringBuilder();
        core.Metrics.Containers.Write(text);
        States(text, core);
        Single(text, "engine_daemon_engine_cpus_cpus", "gauge", "The number of cpus that the host system of the engine has", info.NCPU ?? 0);
        Describe(text, info);
        Single(text, "engine_daemon_engine_memory_bytes", "gauge", "The number of bytes of memory that the host system of the engine has", info.MemTotal ?? 0);
        Single(text, "engine_daemon_events_subscribers_total", "gauge", "The number of current subscribers to events", core.Events.Listeners);
        Single(text, "engine_daemon_events_total", "counter", "The number of events logged", core.Events.Published);
        Single(text, "engine_daemon_health_checks_failed_total", "counter", "The total number of failed health checks", core.Metrics.FailedHealthChecks);
        Single(text, "engine_daemon_health_checks_total", "counter", "The total number of health checks", core.Metrics.HealthChecks);
        core.Metrics.Images.Write(text);
        core.Metrics.Networks.Write(text);
        Process(text);
        return text.ToString();
    }

    private static void States(StringBuilder text, EngineCore core)
    {
        const string Name = "engine_daemon_container_states_containers";
        var states = core.Containers.All().Select(c => c.State).ToList();
        var paused = states.Count(s => s.Phase == ContainerPhase.Paused);
        var running = states.Count(s => s.Phase is ContainerPhase.Running or ContainerPhase.Restarting);
        text.Append(CultureInfo.InvariantCulture, $"# HELP {Name} The count of containers in various states\n# TYPE {Name} gauge\n");
        text.Append(CultureInfo.InvariantCulture, $"{Name}{{state=\"paused\"}} {paused}\n{Name}{{state=\"running\"}} {running}\n{Name}{{state=\"stopped\"}} {states.Count - paused - running}\n");
    }

    private static void Describe(StringBuilder text, SystemInfo info)
    {
        const string Name = "engine_daemon_engine_info";
        (string Label, string? Value)[] labels =
        [
            ("architecture", info.Architecture), ("commit", EngineVersion.Commit), ("daemon_id", info.ID), ("graphdriver", info.Driver), ("kernel", info.KernelVersion),
            ("os", info.OperatingSystem), ("os_type", info.OSType), ("os_version", info.OSVersion), ("version", info.ServerVersion),
        ];
        text.Append(CultureInfo.InvariantCulture, $"# HELP {Name} The information related to the engine and the OS it is running on\n# TYPE {Name} gauge\n");
        text.Append(CultureInfo.InvariantCulture, $"{Name}{{{string.Join(',', labels.Select(l => $"{l.Label}=\"{Escape(l.Value)}\""))}}} 1\n");
    }

    /// <summary>What Prometheus' own clients tell of the process.</summary>
    private static void Process(StringBuilder text)
    {
        using var self = System.Diagnostics.Process.GetCurrentProcess();
        Single(text, "process_cpu_seconds_total", "counter", "Total user and system CPU time spent in seconds.", self.TotalProcessorTime.TotalSeconds);
        Single(text, "process_open_fds", "gauge", "Number of open file descriptors.", Directory.EnumerateFileSystemEntries("/proc/self/fd").Count());
        Single(text, "process_resident_memory_bytes", "gauge", "Resident memory size in bytes.", self.WorkingSet64);
        Single(
            text, "process_start_time_seconds", "gauge", "Start time of the process since unix epoch in seconds.",
            (self.StartTime.ToUniversalTime() - DateTime.UnixEpoch).TotalSeconds);
        Single(text, "process_virtual_memory_bytes", "gauge", "Virtual memory size in bytes.", self.VirtualMemorySize64);
    }

    private static void Single(StringBuilder text, string name, string type, string help, double value) =>
        text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} {type}\n{name} {value}\n");

    private static string Escape(string? value) =>
        (value ?? string.Empty).Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
}
