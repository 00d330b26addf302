using Gantry.Errors;
using Gantry.Runtime.Protocol;

namespace Gantry.Runtime.Services;

/// <summary>Command lines of an OCI runtime; runc's, which all others follow.</summary>
internal sealed class RuntimeCommand
{
    private readonly List<string> _prefix;
    private readonly string _root;

    private RuntimeCommand(string name, string path, RuntimeConfig config, string root)
    {
        Name = name;
        _prefix = [path, .. config.Arguments];
        _root = root;
    }

    public string Name { get; }

    /// <summary>The program's file name, for messages.</summary>
    public string Program => Path.GetFileName(_prefix[0]);

    /// <summary>Where the runtime keeps its state.</summary>
    public string Root => _root;

    /// <summary>crun and runc: nothing outlives a container but its state directory and cgroup, which can be removed without asking them.</summary>
    public bool LeavesOnlyFiles => Program is "crun" or "runc";

    /// <summary>Finds the runtime's program.</summary>
    public static RuntimeCommand Resolve(TaskServiceOptions options, string? name)
    {
        name ??= options.DefaultRuntime;
        if (!options.Runtimes.TryGetValue(name, out var config))
        {
            throw GantryException.InvalidArgument($"unknown or invalid runtime name: {name}");
        }

        var path = FindProgram(config.Path) ?? throw GantryException.Internal(
            $"failed to create task for container: failed to create shim task: OCI runtime create failed: {Missing(config.Path)}");
        return new RuntimeCommand(name, path, config, $"{options.ExecRoot}/{RunFiles.RuntimeRoot}");
    }

    public List<string> Run(TaskSpec spec, string directory) =>
        [.. Global(directory), "run", "--detach", "--bundle", spec.BundlePath, "--pid-file", $"{directory}/{RunFiles.Pid}", .. Console(spec.Tty), spec.Id];

    /// <summary>As <see cref="Run"/>, with the processes of a checkpoint in place of the configuration's.</summary>
    public List<string> Restore(TaskSpec spec, CheckpointPaths checkpoint, string directory) =>
        [
            .. Global(directory), "restore", "--detach", "--bundle", spec.BundlePath, "--pid-file", $"{directory}/{RunFiles.Pid}",
            "--image-path", checkpoint.ImagePath, "--work-path", checkpoint.WorkPath, .. Console(spec.Tty), spec.Id,
        ];

    public List<string> Checkpoint(string id, string directory, CheckpointPaths paths, bool leaveRunning) =>
        [
            .. Global(directory), "checkpoint", "--image-path", paths.ImagePath, "--work-path", paths.WorkPath,
            .. leaveRunning ? ["--leave-running"] : Array.Empty<string>(), id,
        ];

    public List<string> Exec(ExecSpec spec, string directory, string processFile) =>
        [
            .. Global(directory), "exec", "--detach", "--process", processFile, "--pid-file", $"{directory}/{RunFiles.Pid}", .. Console(spec.Tty),
            spec.ContainerId,
        ];

    public List<string> Update(string id, string directory, string resourcesFile) =>
        [.. Global(directory), "update", "--resources", resourcesFile, id];

    public List<string> Delete(string id, string directory) => [.. Global(directory), "delete", "--force", id];

    private static string[] Console(bool tty) => tty ? ["--console-socket", "{console}"] : [];

    private static string? FindProgram(string name)
    {
        if (name.Contains('/', StringComparison.Ordinal))
        {
            return File.Exists(name) ? name : null;
        }

        var path = Environment.GetEnvironmentVariable("PATH") ?? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        return path.Split(':').Select(directory => $"{directory}/{name}").FirstOrDefault(File.Exists);
    }

    private static string Missing(string name) => name.Contains('/', StringComparison.Ordinal)
        ? $"fork/exec {name}: no such file or directory"
        : $"exec: \"{name}\": executable file not found in $PATH";

    private List<string> Global(string directory) =>
        [.. _prefix, "--root", _root, "--log", $"{directory}/{RunFiles.RuntimeLog}", "--log-format", "json"];
}
