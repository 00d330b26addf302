using System.Globalization;
using System.Text.Json;
using Gantry.Api;
using Gantry.Engine.Containers.State;
using Gantry.Logs.Drivers;
using Gantry.Oci;
using Gantry.Runtime;

namespace Gantry.Engine.Daemon;

/// <summary>The engine about itself: <c>info</c> and <c>version</c>.</summary>
public sealed class DaemonService
{
    private readonly EngineCore _core;
    private readonly HostDescription _host = HostDescription.Read();
    private readonly string _id;
    private int _requests;

    internal DaemonService(EngineCore core)
    {
        _core = core;
        _id = EngineIdentity.LoadOrCreate(core.Settings.DataRoot);
    }

    /// <summary>Stable over restarts.</summary>
    public string Id => _id;

    /// <summary>
    /// The builder that clients take by default: 2 is BuildKit's protocol; 1, with <c>"features": {"buildkit": false}</c>, the classic API. Both are
    /// there either way.
    /// </summary>
    public string BuilderVersion => _core.Settings.Features.TryGetValue("buildkit", out var buildKit) && !buildKit ? "1" : "2";

    private RuntimeVersion DefaultRuntime => _core.Runtimes.Version(_core.Settings);

    /// <summary>A request begins; it ends, streams and attachments included, with <see cref="RequestEnded"/>.</summary>
    public void RequestBegan() => Interlocked.Increment(ref _requests);

    public void RequestEnded() => Interlocked.Decrement(ref _requests);

    public SystemVersion Version(string apiVersion, string minimum)
    {
        var built = GoTime.Format(File.GetLastWriteTimeUtc(Environment.ProcessPath ?? "/proc/self/exe"));
        return new SystemVersion
        {
            Platform = new SystemVersionPlatform { Name = "Gantry Engine - Community" },
            Version = EngineVersion.Text,
            ApiVersion = apiVersion,
            MinAPIVersion = minimum,
            GitCommit = EngineVersion.Commit,
            GoVersion = "none (.NET " + Environment.Version + ")",
            Os = "linux",
            Arch = Platform.Host.Architecture,
            KernelVersion = _host.KernelRelease,
            Experimental = _core.Settings.Experimental ? true : null,
            BuildTime = built,
            Components =
            [
                Component("Engine", EngineVersion.Text, new()
                {
                    ["ApiVersion"] = apiVersion,
                    ["Arch"] = Platform.Host.Architecture,
                    ["BuildTime"] = built,
                    ["Experimental"] = _core.Settings.Experimental ? "true" : "false",
                    ["GitCommit"] = EngineVersion.Commit,
                    ["GoVersion"] = "none (.NET " + Environment.Version + ")",
                    ["KernelVersion"] = _host.KernelRelease,
                    ["MinAPIVersion"] = minimum,
                    ["Os"] = "linux",
                }),
                Component(_core.Settings.DefaultRuntime, DefaultRuntime.Number, new() { ["GitCommit"] = DefaultRuntime.Commit }),
            ],
        };
    }

    /// <summary>Event <c>daemon reload</c> with the settings that a reload can change.</summary>
    internal void PublishReload()
    {
        var settings = _core.Settings;
        _core.Events.Publish("daemon", "reload", _id, new Dictionary<string, string>
        {
            ["name"] = Environment.MachineName,
            ["debug"] = settings.Debug ? "true" : "false",
            ["default-cgroupns-mode"] = settings.DefaultCgroupnsMode.Length > 0 ? settings.DefaultCgroupnsMode
                : _core.Host.Cgroups.Version == 2 ? "private" : "host",
            ["default-ipc-mode"] = settings.DefaultIpcMode,
            ["default-runtime"] = settings.DefaultRuntime,
            ["default-shm-size"] = settings.DefaultShmSize.ToString(CultureInfo.InvariantCulture),
            ["features"] = "map[" + string.Join(' ', settings.Features.OrderBy(f => f.Key, StringComparer.Ordinal).Select(f => f.Key + (f.Value ? ":true" : ":false"))) + "]",
            ["insecure-registries"] = JsonList.Write(settings.InsecureRegistries),
            ["labels"] = JsonList.Write(settings.Labels),
            ["live-restore"] = settings.LiveRestore ? "true" : "false",
            ["max-concurrent-downloads"] = settings.MaxConcurrentDownloads.ToString(CultureInfo.InvariantCulture),
            ["max-concurrent-uploads"] = settings.MaxConcurrentUploads.ToString(CultureInfo.InvariantCulture),
            ["max-download-attempts"] = settings.MaxDownloadAttempts.ToString(CultureInfo.InvariantCulture),
            ["registry-mirrors"] = JsonList.Write(settings.RegistryMirrors),
            ["runtimes"] = string.Join(' ', settings.Runtimes.OrderBy(r => r.Key, StringComparer.Ordinal).Select(r => $"{r.Key}:{r.Value.Path}")),
            ["shutdown-timeout"] = settings.ShutdownTimeout.ToString(CultureInfo.InvariantCulture),
        });
    }

    public SystemInfo Info()
    {
        var settings = _core.Settings;
        var cgroups = _core.Host.Cgroups;
        var states = _core.Containers.All().Select(c => c.State).ToList();
        var (devices, problems) = new Gantry.Runtime.Spec.CdiDevices(settings.CdiDirectories).List();
        List<string> warnings = [.. settings.ApiWarnings, .. problems];
        return new SystemInfo
        {
            ID = _id,
            Containers = states.Count,
            ContainersRunning = states.Count(s => s.Phase is ContainerPhase.Running or ContainerPhase.Restarting),
            ContainersPaused = states.Count(s => s.Phase == ContainerPhase.Paused),
            ContainersStopped = states.Count(s => !s.IsActive),
            Images = _core.Parts.Images.Count(),
            Driver = "overlay2",
            DriverStatus =
            [
                ["Backing Filesystem", _host.FileSystemOf(settings.DataRoot)],
                ["Supports d_type", "true"],
                ["Using metacopy", "false"],
                ["Native Overlay Diff", "true"],
                ["userxattr", "false"],
            ],
            DockerRootDir = settings.DataRoot,
            Plugins = new PluginsInfo
            {
                Volume = [.. _core.Parts.Volumes.Drivers],
                Network = [.. _core.Parts.Networks.Drivers],
                Authorization = settings.AuthorizationPlugins.Count == 0 ? null : [.. settings.AuthorizationPlugins],
                Log = [.. LogDrivers.Names],
            },
            FirewallBackend = new FirewallInfo { Driver = "nftables" },
            MemoryLimit = cgroups.MemoryLimit,
            SwapLimit = cgroups.SwapLimit,
            CpuCfsPeriod = cgroups.CpuCfs,
            CpuCfsQuota = cgroups.CpuCfs,
            CPUShares = cgroups.CpuShares,
            CPUSet = cgroups.Cpuset,
            PidsLimit = cgroups.PidsLimit,
            OomKillDisable = cgroups.OomKillDisable,
            IPv4Forwarding = _core.Host.IPv4Forwarding,
            Debug = settings.Debug,
            NFd = Directory.EnumerateFileSystemEntries("/proc/self/fd").Count(),
            // The nearest there is to goroutines: one for every request that is being served, so that a leaked stream can be seen.
            NGoroutines = Volatile.Read(ref _requests),
            SystemTime = GoTime.Format(DateTimeOffset.UtcNow),
            LoggingDriver = settings.LogDriver,
            CgroupDriver = "cgroupfs",
            CgroupVersion = cgroups.Version.ToString(CultureInfo.InvariantCulture),
            NEventsListener = _core.Events.Listeners,
            KernelVersion = _host.KernelRelease,
            OperatingSystem = _host.OperatingSystem,
            OSVersion = _host.OperatingSystemVersion,
            OSType = "linux",
            Architecture = _host.Machine,
            NCPU = Environment.ProcessorCount,
            MemTotal = _host.MemoryTotal,
            IndexServerAddress = "https://index.docker.io/v1/",
            RegistryConfig = Registries(),
            HttpProxy = Proxy("HTTP_PROXY"),
            HttpsProxy = Proxy("HTTPS_PROXY"),
            NoProxy = Proxy("NO_PROXY"),
            Name = Environment.MachineName,
            Labels = [.. settings.Labels],
            ExperimentalBuild = settings.Experimental,
            ServerVersion = EngineVersion.Text,
            Runtimes = settings.Runtimes.ToDictionary(r => r.Key, r => (RuntimeInfo?)new RuntimeInfo
            {
                Path = r.Value.Path,
                RuntimeArgs = r.Value.Arguments.Count == 0 ? null : [.. r.Value.Arguments],
            }),
            DefaultRuntime = settings.DefaultRuntime,
            Swarm = new SwarmInfo { NodeID = "", NodeAddr = "", LocalNodeState = "inactive", ControlAvailable = false, Error = "" },
            LiveRestoreEnabled = settings.LiveRestore,
            Isolation = string.Empty,
            InitBinary = Gantry.Runtime.Spec.InitBinary.Find(settings.InitPath) ?? string.Empty,
            ContainerdCommit = new Commit { ID = string.Empty },
            RuncCommit = new Commit { ID = DefaultRuntime.Commit },
            InitCommit = new Commit { ID = string.Empty },
            SecurityOptions = SecurityOptions(),
            Warnings = warnings.Count == 0 ? null : warnings,
            DefaultAddressPools = settings.DefaultAddressPools.Count == 0 ? null
                : [.. settings.DefaultAddressPools.Select(p => new SystemInfoDefaultAddressPool { Base = p.Base, Size = p.Size })],
            CDISpecDirs = [.. settings.CdiDirectories],
            DiscoveredDevices = devices.Count == 0 ? null : [.. devices.Select(d => new DeviceInfo { Source = "cdi", ID = d })],
        };
    }

    private List<string> SecurityOptions()
    {
        var options = new List<string>();
        if (_core.Host.AppArmorEnabled)
        {
            options.Add("name=apparmor");
        }

        if (_core.Host.SeccompSupported)
        {
            options.Add($"name=seccomp,profile={(_core.Settings.SeccompProfile is null ? "builtin" : _core.Settings.SeccompProfile == "unconfined" ? "unconfined" : "custom")}");
        }

        if (_core.Settings.Ids is not null)
        {
            options.Add("name=userns");
        }

        if (_core.Host.Cgroups.Version == 2)
        {
            options.Add("name=cgroupns");
        }

        if (_core.Settings.NoNewPrivileges)
        {
            options.Add("name=no-new-privileges");
        }

        return options;
    }

    private RegistryServiceConfig Registries()
    {
        var settings = _core.Settings;
        List<string> mirrors = [.. settings.RegistryMirrors.Select(m => m.TrimEnd('/') + "/")];
        var indexes = new Dictionary<string, IndexInfo?>
        {
            ["docker.io"] = new IndexInfo { Name = "docker.io", Mirrors = mirrors, Secure = true, Official = true },
        };
        var networks = new List<string> { "::1/128", "127.0.0.0/8" };
        foreach (var entry in settings.InsecureRegistries)
        {
            if (entry.Contains('/', StringComparison.Ordinal))
            {
                networks.Add(entry);
            }
            else
            {
                indexes[entry] = new IndexInfo { Name = entry, Mirrors = [], Secure = false, Official = false };
            }
        }

        return new RegistryServiceConfig
        {
            InsecureRegistryCIDRs = networks,
            IndexConfigs = indexes,
            Mirrors = mirrors.Count == 0 ? null : mirrors,
        };
    }

    private static SystemVersionComponent Component(string name, string version, Dictionary<string, string> details) => new()
    {
        Name = name,
        Version = version,
        Details = JsonSerializer.SerializeToElement(details, ApiJson.Default.DictionaryStringString),
    };

    private static string Proxy(string variable) => ProxyAddress.WithoutCredentials(
        Environment.GetEnvironmentVariable(variable) ?? Environment.GetEnvironmentVariable(variable.ToLowerInvariant()) ?? string.Empty);
}
