using System.Diagnostics;
using Gantry.Snapshots;

namespace Gantry.Build.Tests.Support;

/// <summary>Runs steps with unshare and chroot on the real kernel: enough of a container for the builder's tests, no more.</summary>
internal sealed class ChrootRunner(LayerStore layers, string folder) : IStepRunner
{
    /// <summary>Steps that ran, by their command line.</summary>
    public List<string> Ran { get; } = [];

    /// <summary>Called before a step runs.</summary>
    public Func<StepSpec, Task>? Before { get; set; }

    public async Task<int> RunAsync(StepSpec spec, CancellationToken cancellationToken)
    {
        lock (Ran)
        {
            Ran.Add(string.Join(' ', spec.Arguments));
        }

        if (Before is { } before)
        {
            await before(spec);
        }

        var root = Path.Combine(folder, spec.Id);
        Directory.CreateDirectory(root);
        layers.Mount(spec.LayerId, root);
        try
        {
            return await ExecuteAsync(spec, root, cancellationToken);
        }
        finally
        {
            layers.Unmount(root);
            Directory.Delete(root);
        }
    }

    private static async Task<int> ExecuteAsync(StepSpec spec, string root, CancellationToken cancellationToken)
    {
        var (ids, home) = User(spec.User, root);
        var info = new ProcessStartInfo("unshare") { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        string[] network = spec.NetworkMode == "none" ? ["--net"] : [];
        string[] head = ["--mount", "--pid", "--fork", "--kill-child", "--uts", "--ipc", .. network, "sh", "-c", Script(spec, root, ids), "sh"];
        foreach (var argument in head.Concat([spec.WorkingDirectory]).Concat(spec.Arguments))
        {
            info.ArgumentList.Add(argument);
        }

        info.Environment.Clear();
        foreach (var variable in spec.Environment.Prepend($"HOME={home}"))
        {
            var parts = variable.Split('=', 2);
            info.Environment[parts[0]] = parts[1];
        }

        using var process = Process.Start(info)!;
        process.StandardInput.Close();
        var copies = Task.WhenAll(
            CopyAsync(process.StandardOutput.BaseStream, StepStream.Output, spec.Output), CopyAsync(process.StandardError.BaseStream, StepStream.Error, spec.Output));
        try
        {
            await process.WaitForExitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
            throw;
        }

        await copies;
        return process.ExitCode;
    }

    private static string Script(StepSpec spec, string root, string ids)
    {
        var lines = new List<string>
        {
            "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:$PATH",
            $"/bin/mount -t proc proc {root}/proc",
            $"/bin/mount -t sysfs sysfs {root}/sys",
            $"/bin/mount --rbind /dev {root}/dev",
        };
        var hosts = string.Concat(spec.Settings.ExtraHosts.Select(h => h.Split(':', 2)).Select(h => $"{h[1]}\\t{h[0]}\\n"));
        lines.Add($"/bin/mount -t tmpfs none {root}/dev/shm && printf '{hosts}' > {root}/dev/shm/hosts && /bin/mount --bind {root}/dev/shm/hosts {root}/etc/hosts");

        foreach (var mount in spec.Mounts)
        {
            var target = root + mount.Target;
            lines.Add(File.Exists(mount.Source) ? $"mkdir -p $(dirname {target}) && touch {target}" : $"mkdir -p {target}");
            lines.Add(mount.Type == StepMountType.Tmpfs ? $"/bin/mount -t tmpfs none {target}" : $"/bin/mount --bind {mount.Source} {target}");
            lines.Add(mount.ReadOnly ? $"/bin/mount -o remount,bind,ro {target}" : "true");
        }

        var restore = "PATH=" + (spec.Environment.FirstOrDefault(e => e.StartsWith("PATH=", StringComparison.Ordinal))?[5..] ?? "/bin");
        return string.Join(" && ", lines) + $" && {restore} && exec /usr/sbin/chroot {ids} {root} /bin/busybox sh -c 'cd \"$0\" && unset OLDPWD PWD SHLVL && exec \"$@\"' \"$@\"";
    }

    private static async Task CopyAsync(Stream from, StepStream stream, IStepOutput output)
    {
        var buffer = new byte[65536];
        for (int n; (n = await from.ReadAsync(buffer)) > 0;)
        {
            lock (output)
            {
                output.Write(stream, buffer.AsSpan(0, n));
            }
        }
    }

    private static (string Arguments, string Home) User(string user, string root)
    {
        if (user.Length == 0)
        {
            return ("--groups=0", "/root");
        }

        var parts = user.Split(':');
        var users = Lines(root, "etc/passwd");
        var found = users.FirstOrDefault(u => u[0] == parts[0]);
        var uid = found?[2] ?? parts[0];
        var entry = users.FirstOrDefault(u => u[2] == uid);
        var groups = Lines(root, "etc/group");
        var gid = parts.Length > 1 ? groups.FirstOrDefault(g => g[0] == parts[1])?[2] ?? parts[1] : entry?[3] ?? "0";
        var more = parts.Length > 1 || entry is null ? [] : groups.Where(g => g[3].Split(',').Contains(entry[0])).Select(g => g[2]);
        return ($"--userspec={uid}:{gid} --groups={string.Join(',', more.Prepend(gid))}", entry?[5] ?? "/");
    }

    private static List<string[]> Lines(string root, string file) => File.ReadAllLines(Path.Combine(root, file)).Select(l => l.Split(':')).ToList();
}
