using System.Text;
using System.Text.Json.Nodes;

namespace Gantry.Runtime.Tests.Support;

/// <summary>OCI configurations for tests.</summary>
internal static class TestBundle
{
    public static JsonObject Config(string rootFs, string cgroupsPath, params string[] arguments) => new()
    {
        ["ociVersion"] = "1.0.2",
        ["process"] = Process(arguments),
        ["root"] = new JsonObject { ["path"] = rootFs },
        ["hostname"] = "test",
        ["mounts"] = new JsonArray(
            Mount("/proc", "proc", "proc"),
            Mount("/dev", "tmpfs", "tmpfs", "nosuid", "mode=755", "size=65536k"),
            Mount("/dev/pts", "devpts", "devpts", "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"),
            Mount("/sys", "sysfs", "sysfs", "nosuid", "noexec", "nodev", "ro")),
        ["linux"] = new JsonObject
        {
            ["cgroupsPath"] = cgroupsPath,
            ["resources"] = new JsonObject { ["devices"] = new JsonArray(new JsonObject { ["allow"] = true, ["access"] = "rwm" }) },
            ["namespaces"] = new JsonArray(
                Namespace("pid"), Namespace("network"), Namespace("ipc"), Namespace("uts"), Namespace("mount")),
        },
    };

    public static JsonObject Process(params string[] arguments) => new()
    {
        ["terminal"] = false,
        ["user"] = new JsonObject { ["uid"] = 0, ["gid"] = 0 },
        ["args"] = new JsonArray([.. arguments.Select(argument => (JsonNode)argument)]),
        ["env"] = new JsonArray("PATH=/bin", "TERM=xterm"),
        ["cwd"] = "/",
        ["capabilities"] = new JsonObject
        {
            ["bounding"] = new JsonArray("CAP_KILL", "CAP_CHOWN"),
            ["effective"] = new JsonArray("CAP_KILL", "CAP_CHOWN"),
            ["permitted"] = new JsonArray("CAP_KILL", "CAP_CHOWN"),
        },
    };

    public static ExecSpec Exec(string containerId, string execId, params string[] arguments) => new()
    {
        ContainerId = containerId,
        ExecId = execId,
        ProcessJson = Encoding.UTF8.GetBytes(Process(arguments).ToJsonString()),
    };

    public static ExecSpec TtyExec(string containerId, string execId, params string[] arguments)
    {
        var process = Process(arguments);
        process["terminal"] = true;
        return new ExecSpec
        {
            ContainerId = containerId,
            ExecId = execId,
            ProcessJson = Encoding.UTF8.GetBytes(process.ToJsonString()),
            Tty = true,
        };
    }

    private static JsonObject Namespace(string type) => new() { ["type"] = type };

    private static JsonObject Mount(string target, string type, string source, params string[] options) => new()
    {
        ["destination"] = target,
        ["type"] = type,
        ["source"] = source,
        ["options"] = new JsonArray([.. options.Select(option => (JsonNode)option)]),
    };
}
