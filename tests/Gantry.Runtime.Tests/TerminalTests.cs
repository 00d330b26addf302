using Gantry.Runtime.Tests.Support;

namespace Gantry.Runtime.Tests;

public class TerminalTests
{
    [Theory]
    [InlineData("crun")]
    [InlineData("runc")]
    public async Task A_terminal_has_its_size_echo_and_resizes(string runtime)
    {
        await using var root = new TestRoot { Runtime = runtime };
        await using var service = await root.StartServiceAsync();
        var exits = new ExitProbe(service);
        await using var attachment = service.Attach("c1", null, new AttachOptions { Stdin = true, Tty = true });
        var spec = root.Bundle("c1", config => config["process"]!["terminal"] = true, "sh");
        await service.StartAsync(spec with { OpenStdin = true, ConsoleRows = 31, ConsoleColumns = 97 }, CancellationToken.None);
        Assert.True(attachment.IsRaw);
        await attachment.Input.WriteAsync("stty size; echo mark$((1+1))\n"u8.ToArray());
        var text = await Attached.ReadUntilAsync(attachment, "mark2");
        Assert.Contains("31 97\r\n", text);
        await service.ResizeAsync("c1", null, 40, 100, CancellationToken.None);
        await attachment.Input.WriteAsync("stty size; echo mark$((2+1))\n"u8.ToArray());
        Assert.Contains("40 100\r\n", await Attached.ReadUntilAsync(attachment, "mark3"));
        await attachment.Input.WriteAsync("exit 4\n"u8.ToArray());
        Assert.Equal(4, (await exits.WaitAsync("c1")).ExitCode);
        Assert.Contains("mark2", await LogText.ReadAsync(root.LogPath("c1")));
        await service.DeleteAsync("c1", CancellationToken.None);
        Assert.Empty(Directory.GetDirectories($"{root.ExecRoot}/tasks"));
    }

    [Theory]
    [InlineData("crun")]
    [InlineData("runc")]
    public async Task An_exec_can_have_a_terminal(string runtime)
    {
        await using var root = new TestRoot { Runtime = runtime };
        await using var service = await root.StartServiceAsync();
        var exits = new ExitProbe(service);
        await service.StartAsync(root.Bundle("c1", "sleep", "1000"), CancellationToken.None);
        await using var attachment = service.Attach("c1", "e1", new AttachOptions { Stdin = true, Tty = true });
        await service.ExecAsync(TestBundle.TtyExec("c1", "e1", "sh") with { OpenStdin = true, ConsoleRows = 20, ConsoleColumns = 50 }, CancellationToken.None);
        await attachment.Input.WriteAsync("stty size; exit 6\n"u8.ToArray());
        Assert.Contains("20 50\r\n", await Attached.ReadUntilAsync(attachment, "20 50\r\n"));
        Assert.Equal(6, (await exits.WaitAsync("c1", "e1")).ExitCode);
    }

    [Fact]
    public async Task Resizing_what_has_no_terminal_is_refused()
    {
        await using var root = new TestRoot();
        await using var service = await root.StartServiceAsync();
        await service.StartAsync(root.Bundle("c1", "sleep", "1000"), CancellationToken.None);
        await Assert.ThrowsAsync<Errors.GantryException>(() => service.ResizeAsync("c1", null, 10, 10, CancellationToken.None));
    }

    [Fact]
    public async Task Much_typed_ahead_input_is_not_lost()
    {
        await using var root = new TestRoot();
        await using var service = await root.StartServiceAsync();
        var exits = new ExitProbe(service);
        await using var attachment = service.Attach("c1", null, new AttachOptions { Stdin = true, Tty = true });
        var spec = root.Bundle("c1", config => config["process"]!["terminal"] = true, "sh", "-c", "stty raw -echo; echo ready; head -c 200000 | wc -c");
        await service.StartAsync(spec with { OpenStdin = true }, CancellationToken.None);
        await Attached.ReadUntilAsync(attachment, "ready");
        await attachment.Input.WriteAsync(new byte[200_000].Select(_ => (byte)'x').ToArray());
        Assert.Contains("200000", await Attached.ReadUntilAsync(attachment, "200000"));
        Assert.Equal(0, (await exits.WaitAsync("c1")).ExitCode);
    }
}
