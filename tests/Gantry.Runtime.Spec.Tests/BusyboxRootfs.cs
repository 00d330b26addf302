using System.Diagnostics;
using System.Text.Json;
using Gantry.Api;
using Gantry.Oci;

namespace Gantry.Runtime.Spec.Tests;

/// <summary>
/// A root filesystem from the host's static busybox, and crun to run commands in it. Each run has a mount namespace of its own in
/// which the v2 hierarchy of a hybrid host is unmounted, because crun refuses such hosts.
/// </summary>
public sealed class BusyboxRootfs : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("gantry-spec-");
    private readonly HostFacts _host = HostFacts.Probe();
    private int _count;

    /// <summary>Of this process alone, so that runs beside each other don't remove it under one another.</summary>
    private static string CgroupParent { get; } = $"/gantry-spec-tests-{Environment.ProcessId}";

    public BusyboxRootfs()
    {
        Directory.CreateDirectory(System.IO.Path.Combine(Path, "bin"));
        foreach (var name in new[] { "proc", "sys", "dev", "etc", "tmp", "run", "work", "mnt/in" })
        {
            Directory.CreateDirectory(System.IO.Path.Combine(Path, name));
        }

        Directory.CreateDirectory(Shared);
        File.WriteAllText(System.IO.Path.Combine(Shared, "greeting"), "hello\n");
        var busybox = new[] { "/bin/busybox", "/usr/bin/busybox" }.First(File.Exists);
        File.Copy(busybox, System.IO.Path.Combine(Path, "bin/busybox"));
        Execute(busybox, "--install", "-s", System.IO.Path.Combine(Path, "bin"));
        foreach (var link in Directory.EnumerateFiles(System.IO.Path.Combine(Path, "bin")).Where(file => new FileInfo(file).LinkTarget is not null))
        {
            File.Delete(link);
            File.CreateSymbolicLink(link, "/bin/busybox");
        }
    }

    internal string Path => System.IO.Path.Combine(_directory.FullName, "rootfs");

    internal string Shared => System.IO.Path.Combine(_directory.FullName, "shared");

    /// <summary>What the script printed; fails when the container could not be made.</summary>
    internal string Run(
        HostConfig hostConfig, string script, Func<ContainerConfig, ContainerConfig> config, Func<SpecContext, SpecContext> context)
    {
        var id = $"gantry-spec-{Environment.ProcessId}-{Interlocked.Increment(ref _count)}";
        var bundle = _directory.CreateSubdirectory(id).FullName;
        var spec = OciSpecBuilder.Build(
            config(new ContainerConfig { Hostname = "box", Cmd = ["/bin/sh", "-c", script], Env = ["PATH=/bin"] }),
            hostConfig,
            context(new SpecContext
            {
                ContainerId = id, RootfsPath = Path, Host = _host, User = UserResolver.Resolve(Path, null), CgroupParent = CgroupParent,
            }));
        File.WriteAllBytes(System.IO.Path.Combine(bundle, "config.json"), JsonSerializer.SerializeToUtf8Bytes(spec, RuntimeSpecJson.Default.RuntimeSpec));
        return Execute(
            "unshare", "-m", "sh", "-c",
            "umount /sys/fs/cgroup/unified 2>/dev/null; exec crun --root \"$0/state\" --cgroup-manager cgroupfs run --bundle \"$1\" \"$2\"",
            _directory.FullName, bundle, id);
    }

    public void Dispose()
    {
        _directory.Delete(recursive: true);

        // crun removes a container's cgroup, not its parent.
        var parents = Directory.EnumerateDirectories("/sys/fs/cgroup").Append("/sys/fs/cgroup").Select(root => System.IO.Path.Combine(root, CgroupParent[1..]));
        foreach (var parent in parents.Where(Directory.Exists))
        {
            Directory.Delete(parent);
        }
    }

    private static string Execute(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true,
        })!;
        process.StandardInput.Close();
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd().TrimEnd();
        Assert.True(process.WaitForExit(60_000), $"{program} does not end");
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{program}: exit {process.ExitCode}: {output}{errors.Result}");
    }
}
