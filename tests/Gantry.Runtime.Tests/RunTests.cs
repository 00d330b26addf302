using Gantry.Runtime.Tests.Support;

namespace Gantry.Runtime.Tests;

public class RunTests
{
    [Fact]
    public async Task A_process_runs_and_its_exit_code_arrives()
    {
        await using var root = new TestRoot();
        await using var service = await root.StartServiceAsync();
        var exits = new ExitProbe(service);
        await using var attachment = service.Attach("c1", null, new AttachOptions());
        var state = await service.StartAsync(root.Bundle("c1", "sh", "-c", "echo out; echo err >&2; exit 3"), CancellationToken.None);
        Assert.True(state.Pid > 1);
        var exit = await exits.WaitAsync("c1");
        Assert.Equal(3, exit.ExitCode);
        Assert.Equal(("out\n", "err\n"), await Attached.ReadAllAsync(attachment));
        await service.DeleteAsync("c1", CancellationToken.None);
    }
}
