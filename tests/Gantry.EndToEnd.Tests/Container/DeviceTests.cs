using Gantry.EndToEnd.Tests.Engine;

namespace Gantry.EndToEnd.Tests.Container;

/// <summary>Devices that files describe (CDI), as an operator and users meet them.</summary>
public sealed class DeviceTests
{
    [Fact]
    public async Task A_described_device_is_in_the_container_and_its_hooks_run()
    {
        await using var daemon = new ScratchDaemon();
        var folder = Directory.CreateDirectory($"{daemon.Folder}/cdi").FullName;
        File.WriteAllText($"{folder}/camera.yaml", $"""
            cdiVersion: 0.5.0
            kind: vendor.example/camera
            devices:
            - name: front
              containerEdits:
                env: [CAMERA=front]
                deviceNodes: [{"{"}path: /dev/camera, hostPath: /dev/zero{"}"}]
                mounts: [{"{"}hostPath: {folder}, containerPath: /cdi, options: [ro, rbind]{"}"}]
                hooks:
                - hookName: poststop
                  path: /bin/sh
                  args: [sh, -c, "cat >{daemon.Folder}/stopped"]
            """);
        await daemon.StartAsync("-H", daemon.Socket, "--cdi-spec-dir", folder);
        Task<Result> Gantry(params string[] arguments) => daemon.GantryAsync(["-H", daemon.Socket, .. arguments]);
        (await Gantry("import", Repository.BusyboxTar, "busybox:latest")).Succeeded();

        const string Look = "echo $CAMERA; head -c 3 /dev/camera | wc -c; ls /cdi";
        var seen = await Gantry("run", "--rm", "--network", "none", "--device", "vendor.example/camera=front", "busybox", "/bin/sh", "-c", Look);
        Assert.Equal("front\n3\ncamera.yaml", seen.Succeeded().Text);
        await daemon.UntilAsync(() => File.Exists($"{daemon.Folder}/stopped") && File.ReadAllText($"{daemon.Folder}/stopped").Contains("\"status\"", StringComparison.Ordinal));

        (await Gantry("run", "--rm", "--network", "none", "--device", "vendor.example/camera=back", "busybox", "/bin/true"))
            .Failed("CDI device injection failed: unresolvable CDI devices vendor.example/camera=back");
        (await Gantry("run", "--rm", "--network", "none", "--gpus", "all", "busybox", "/bin/true")).Failed("could not select device driver \"\" with capabilities: [[gpu]]");
        Assert.Equal($"[{folder}] [{"{"}cdi vendor.example/camera=front{"}"}]", (await Gantry("info", "-f", "{{.CDISpecDirs}} {{.DiscoveredDevices}}")).Succeeded().Text);
    }

    [Fact]
    public async Task They_can_be_switched_off()
    {
        await using var daemon = new ScratchDaemon();
        await daemon.StartAsync("-H", daemon.Socket, "--feature", "cdi=false");

        Assert.Equal("[]", (await daemon.GantryAsync("-H", daemon.Socket, "info", "-f", "{{.CDISpecDirs}}")).Succeeded().Text);
    }
}
