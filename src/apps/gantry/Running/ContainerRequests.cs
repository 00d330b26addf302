using System.Globalization;
using Gantry.Api;
using Gantry.Apps.Cli.CommandLine;
using Gantry.Errors;

namespace Gantry.Apps.Cli.Running;

/// <summary>Makes the API's request of the flags of run and create.</summary>
internal static class ContainerRequests
{
    /// <exception cref="GantryException">InvalidArgument in Docker's words.</exception>
    public static ContainerCreateRequest Build(ContainerFlags flags, string image, IReadOnlyList<string> command, Cli cli)
    {
        var request = new ContainerCreateRequest { Image = image, Cmd = command.Count > 0 ? [.. command] : null };
        var host = new HostConfig();
        request.HostConfig = host;
        flags.Resources.Apply(host, cli.Error.WriteLine);
        ApplyStreams(flags, request);
        ApplyVolumes(flags, request, host);
        flags.Network.Apply(request, host);
        ApplyProcess(flags, request, cli);
        ApplyIsolation(flags, host);
        ApplyPolicies(flags, host);
        return request;
    }

    private static void ApplyStreams(ContainerFlags flags, ContainerCreateRequest request)
    {
        var attach = flags.Attach.Values;
        request.AttachStdin = flags.Interactive.Value || attach.Contains("stdin");
        request.AttachStdout = attach.Count == 0 || attach.Contains("stdout");
        request.AttachStderr = attach.Count == 0 || attach.Contains("stderr");
        request.OpenStdin = flags.Interactive.Value;
        request.StdinOnce = flags.Interactive.Value && request.AttachStdin == true;
        request.Tty = flags.Tty.Value;
    }

    private static void ApplyVolumes(ContainerFlags flags, ContainerCreateRequest request, HostConfig host)
    {
        var binds = new List<string>();
        var volumes = new Dictionary<string, EmptyObject>(StringComparer.Ordinal);
        foreach (var spec in flags.Volumes.Values.Distinct(StringComparer.Ordinal))
        {
            if (VolumeSpecs.ToBind(spec) is { } bind)
            {
                binds.Add(bind);
            }
            else
            {
                volumes[spec] = EmptyObject.Instance;
            }
        }

        host.Binds = binds.Count > 0 ? binds : null;
        request.Volumes = volumes.Count > 0 ? volumes : null;
        host.Mounts = flags.Mounts.Values.Count > 0 ? flags.Mounts.Values : null;
        host.Tmpfs = flags.Tmpfs.Values.Count > 0 ? Map(flags.Tmpfs.Values, ':') : null;
        host.VolumesFrom = Set(flags.VolumesFrom);
        host.VolumeDriver = Set(flags.VolumeDriver);
    }

    private static void ApplyProcess(ContainerFlags flags, ContainerCreateRequest request, Cli cli)
    {
        request.Entrypoint = flags.Entrypoint.Changed ? [flags.Entrypoint.Value] : null;
        request.User = Set(flags.User);
        request.WorkingDir = Set(flags.WorkingDirectory);
        request.StopSignal = flags.StopSignal.Changed ? flags.StopSignal.Value : null;
        request.StopTimeout = flags.StopTimeout.Changed ? flags.StopTimeout.Value : null;
        request.Healthcheck = flags.Health.ToConfig();
        var environment = flags.EnvironmentFiles.Values.SelectMany(f => EnvironmentFiles.Read(f, Environment.GetEnvironmentVariable)).Concat(flags.Environment.Values).ToList();
        foreach (var (name, value) in cli.Config.ProxyVariables(cli.Client.Host.Text))
        {
            if (!environment.Any(e => e == name || e.StartsWith(name + "=", StringComparison.Ordinal)))
            {
                environment.Add($"{name}={value}");
            }
        }

        request.Env = environment.Count > 0 ? environment : null;
        var labels = Map(flags.LabelFiles.Values.SelectMany(f => EnvironmentFiles.Read(f, _ => null)).Concat(flags.Labels.Values), '=');
        request.Labels = labels.Count > 0 ? labels : null;
    }

    private static void ApplyIsolation(ContainerFlags flags, HostConfig host)
    {
        host.PidMode = Mode(flags.Pid, value => value == "host" || (value.StartsWith("container:", StringComparison.Ordinal) && value.Length > 10), "--pid: invalid PID mode");
        host.UTSMode = Mode(flags.Uts, value => value == "host", "--uts: invalid UTS mode");
        host.UsernsMode = Mode(flags.UserNamespace, value => value == "host", "--userns: invalid USER mode");
        host.CgroupnsMode = Mode(flags.CgroupNamespace, value => value is "host" or "private", "--cgroupns: invalid CGROUP mode");
        host.IpcMode = Set(flags.Ipc);
        host.Isolation = Set(flags.Isolation);
        host.Privileged = flags.Privileged.Value ? true : null;
        host.ReadonlyRootfs = flags.ReadOnly.Value ? true : null;
        host.Runtime = Set(flags.Runtime);
        host.GroupAdd = Set(flags.Groups);
        (host.CapAdd, host.CapDrop) = Capabilities.Effective(flags.CapAdd.Values, flags.CapDrop.Values);
        SecurityOptions.Apply(host, flags.SecurityOptions.Values);
        host.Sysctls = flags.Sysctls.Values.Count > 0 ? Map(flags.Sysctls.Values) : null;
        host.Annotations = flags.Annotations.Values.Count > 0 ? Map(flags.Annotations.Values) : null;
        host.DeviceCgroupRules = Set(flags.DeviceCgroupRules);
        ApplyDevices(flags, host);
    }

    private static void ApplyDevices(ContainerFlags flags, HostConfig host)
    {
        var requests = flags.Gpus.Values.ToList();
        var cdi = flags.Devices.Values.Where(DeviceSpecs.IsCdiName).ToList();
        if (cdi.Count > 0)
        {
            requests.Add(new DeviceRequest { Driver = "cdi", DeviceIDs = cdi });
        }

        var devices = flags.Devices.Values.Where(d => !DeviceSpecs.IsCdiName(d)).Select(DeviceSpecs.Parse).ToList();
        host.Devices = devices.Count > 0 ? devices : null;
        host.DeviceRequests = requests.Count > 0 ? requests : null;
    }

    private static void ApplyPolicies(ContainerFlags flags, HostConfig host)
    {
        host.RestartPolicy = RestartPolicies.Parse(flags.Restart.Value);
        host.AutoRemove = flags.AutoRemove.Value ? true : null;
        if (flags.AutoRemove.Value && host.RestartPolicy.Name is not ("" or "no"))
        {
            throw GantryException.InvalidArgument("conflicting options: cannot specify both --restart and --rm");
        }

        host.Init = flags.Init.Changed ? flags.Init.Value : null;
        host.ContainerIDFile = Set(flags.IdFile);
        var logOptions = flags.LogOptions.Values.Count > 0 ? Map(flags.LogOptions.Values, '=') : null;
        if (flags.LogDriver.Value == "none" && logOptions is not null)
        {
            throw GantryException.InvalidArgument("invalid logging opts for driver none");
        }

        host.LogConfig = flags.LogDriver.Value.Length > 0 || logOptions is not null ? new LogConfig { Type = flags.LogDriver.Value, Config = logOptions } : null;
        if (flags.StorageOptions.Values.Any(o => !o.Contains('=', StringComparison.Ordinal)))
        {
            throw GantryException.InvalidArgument("invalid storage option");
        }

        host.StorageOpt = flags.StorageOptions.Values.Count > 0 ? Map(flags.StorageOptions.Values, '=') : null;
    }

    private static string? Mode(Flag<string> flag, Func<string, bool> isValid, string complaint) =>
        flag.Value.Length == 0 ? null : isValid(flag.Value) ? flag.Value : throw GantryException.InvalidArgument(complaint);

    private static string? Set(Flag<string> flag) => flag.Value.Length > 0 ? flag.Value : null;

    private static List<string>? Set(ListFlag<string> flag) => flag.Values.Count > 0 ? flag.Values : null;

    private static Dictionary<string, string> Map(IEnumerable<KeyValuePair<string, string>> pairs)
    {
        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in pairs)
        {
            map[key] = value;
        }

        return map;
    }

    private static Dictionary<string, string> Map(IEnumerable<string> texts, char separator) => Map(texts.Select(text =>
    {
        var mark = text.IndexOf(separator, StringComparison.Ordinal);
        return mark < 0 ? new KeyValuePair<string, string>(text, "") : new(text[..mark], text[(mark + 1)..]);
    }));
}

/// <summary>--restart NAME[:COUNT].</summary>
internal static class RestartPolicies
{
    public static RestartPolicy Parse(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0)
        {
            return new RestartPolicy { Name = text };
        }

        if (colon == 0)
        {
            throw GantryException.InvalidArgument("invalid restart policy format: no policy provided before colon");
        }

        return long.TryParse(text.AsSpan(colon + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var count)
            ? new RestartPolicy { Name = text[..colon], MaximumRetryCount = count }
            : throw GantryException.InvalidArgument("invalid restart policy format: maximum retry count must be an integer");
    }
}
