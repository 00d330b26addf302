using System.Security.Cryptography;
using Gantry.Runtime.Tests.Support;

namespace Gantry.Runtime.Tests;

public class StdioTests
{
    [Theory]
    [InlineData("crun")]
    [InlineData("runc")]
    public async Task Stdin_is_delivered_and_its_end_too(string runtime)
    {
        await using var root = new TestRoot { Runtime = runtime };
        await using var service = await root.StartServiceAsync();
        var exits = new ExitProbe(service);
        await using var attachment = service.Attach("c1", null, new AttachOptions { Stdin = true });
        await attachment.Input.WriteAsync("before "u8.ToArray());
        await service.StartAsync(root.Bundle("c1", "sh", "-c", "cat; echo end") with { OpenStdin = true }, CancellationToken.None);
        await attachment.Input.WriteAsync("after\n"u8.ToArray());
        await attachment.CloseInputAsync(CancellationToken.None);
        Assert.Equal("before after\nend\n", (await Attached.ReadAllAsync(attachment)).Stdout);
        Assert.Equal(0, (await exits.WaitAsync("c1")).ExitCode);
    }

    [Fact]
    public async Task Stdin_can_be_ended_before_the_start()
    {
        await using var root = new TestRoot();
        await using var service = await root.StartServiceAsync();
        var exits = new ExitProbe(service);
        await using var attachment = service.Attach("c1", null, new AttachOptions { Stdin = true });
        await attachment.Input.WriteAsync("x"u8.ToArray());
        await attachment.CloseInputAsync(CancellationToken.None);
        await service.StartAsync(root.Bundle("c1", "cat") with { OpenStdin = true }, CancellationToken.None);
        Assert.Equal("x", (await Attached.ReadAllAsync(attachment)).Stdout);
        Assert.Equal(0, (await exits.WaitAsync("c1")).ExitCode);
    }

    [Fact]
    public async Task Detaching_leaves_stdin_open()
    {
        await using var root = new TestRoot();
        await using var service = await root.StartServiceAsync();
        var exits = new ExitProbe(service);
        var first = service.Attach("c1", null, new AttachOptions { Stdin = true });
        await service.StartAsync(root.Bundle("c1", "cat") with { OpenStdin = true }, CancellationToken.None);
        await first.Input.WriteAsync("one\n"u8.ToArray());
        await Attached.ReadUntilAsync(first, "one");
        await first.DisposeAsync();
        await using var second = service.Attach("c1", null, new AttachOptions { Stdin = true });
        await second.Input.WriteAsync("two\n"u8.ToArray());
        await Attached.ReadUntilAsync(second, "two");
        await second.CloseInputAsync(CancellationToken.None);
        Assert.Equal(0, (await exits.WaitAsync("c1")).ExitCode);
    }

    [Fact]
    public async Task Much_input_and_output_goes_through_unchanged()
    {
        await using var root = new TestRoot();
        await using var service = await root.StartServiceAsync();
        var exits = new ExitProbe(service);
        await using var attachment = service.Attach("c1", null, new AttachOptions { Stdin = true });
        var spec = root.Bundle("c1", "cat") with { OpenStdin = true, Log = LogConfig.None };
        await service.StartAsync(spec, CancellationToken.None);
        var data = RandomNumberGenerator.GetBytes(20_000_000);
        var write = Task.Run(async () =>
        {
            await attachment.Input.WriteAsync(data);
            await attachment.CloseInputAsync(CancellationToken.None);
        });
        var read = new MemoryStream();
        await StreamFrames.ReadAsync(attachment.Output, (_, payload) => read.WriteAsync(payload), CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(60));
        await write;
        Assert.Equal(SHA256.HashData(data), SHA256.HashData(read.ToArray()));
        Assert.Equal(0, (await exits.WaitAsync("c1")).ExitCode);
    }

    [Fact]
    public async Task A_reader_that_was_there_first_misses_nothing_however_slow()
    {
        await using var root = new TestRoot();
        await using var service = await root.StartServiceAsync();
        var exits = new ExitProbe(service);
        await using var attachment = service.Attach("c1", null, new AttachOptions());
        await service.StartAsync(root.Bundle("c1", "seq", "1", "500000"), CancellationToken.None);
        await Task.Delay(300);
        Assert.Equal(TaskPhase.Running, service.Find("c1")!.Phase);
        var text = (await Attached.ReadAllAsync(attachment)).Stdout;
        Assert.Equal(string.Concat(Enumerable.Range(1, 500_000).Select(i => $"{i}\n")), text);
        Assert.Equal(0, (await exits.WaitAsync("c1")).ExitCode);
        Assert.Equal(text, await LogText.ReadAsync(root.LogPath("c1")));
    }

    [Fact]
    public async Task A_reader_that_came_later_holds_nothing_up()
    {
        await using var root = new TestRoot();
        await using var service = await root.StartServiceAsync();
        var exits = new ExitProbe(service);
        await service.StartAsync(root.Bundle("c1", "sh", "-c", "read x; seq 1 500000") with { OpenStdin = true }, CancellationToken.None);
        await using var stuck = service.Attach("c1", null, new AttachOptions());
        await using var starter = service.Attach("c1", null, new AttachOptions { Stdin = true, Stdout = false, Stderr = false });
        await starter.Input.WriteAsync("go\n"u8.ToArray());
        Assert.Equal(0, (await exits.WaitAsync("c1")).ExitCode);

        // What it does get is whole frames in order.
        var lines = (await Attached.ReadAllAsync(stuck)).Stdout;
        Assert.StartsWith("1\n2\n3\n", lines);
        Assert.True(lines.Length < 3_388_895);
    }

    [Fact]
    public async Task Many_attachments_see_the_same()
    {
        await using var root = new TestRoot();
        await using var service = await root.StartServiceAsync();
        var attachments = Enumerable.Range(0, 20).Select(_ => service.Attach("c1", null, new AttachOptions())).ToList();
        await service.StartAsync(root.Bundle("c1", "sh", "-c", "seq 1 1000; seq 1 1000 >&2"), CancellationToken.None);
        var results = await Task.WhenAll(attachments.Select(Attached.ReadAllAsync));
        var expected = string.Concat(Enumerable.Range(1, 1000).Select(i => $"{i}\n"));
        Assert.All(results, result => Assert.Equal((expected, expected), result));
        foreach (var attachment in attachments)
        {
            await attachment.DisposeAsync();
        }
    }

    [Fact]
    public async Task Streams_can_be_left_out()
    {
        await using var root = new TestRoot();
        await using var service = await root.StartServiceAsync();
        await using var attachment = service.Attach("c1", null, new AttachOptions { Stdout = false });
        await service.StartAsync(root.Bundle("c1", "sh", "-c", "echo out; echo err >&2"), CancellationToken.None);
        Assert.Equal(("", "err\n"), await Attached.ReadAllAsync(attachment));
    }

    [Fact]
    public async Task Dev_stdout_can_be_opened_again()
    {
        await using var root = new TestRoot();
        await using var service = await root.StartServiceAsync();
        await using var attachment = service.Attach("c1", null, new AttachOptions());
        var spec = root.Bundle("c1", config => config["process"]!["user"]!["uid"] = 1000, "sh", "-c", "echo a > /proc/self/fd/1; echo b > /dev/stderr");
        await service.StartAsync(spec, CancellationToken.None);
        Assert.Equal(("a\n", "b\n"), await Attached.ReadAllAsync(attachment));
    }

    [Fact]
    public async Task Lines_without_end_are_delivered_at_once_and_logged_with_their_end()
    {
        await using var root = new TestRoot();
        await using var service = await root.StartServiceAsync();
        var exits = new ExitProbe(service);
        await using var attachment = service.Attach("c1", null, new AttachOptions { Stdin = true });
        await service.StartAsync(root.Bundle("c1", "sh", "-c", "printf prompt; read x; printf more") with { OpenStdin = true }, CancellationToken.None);
        await Attached.ReadUntilAsync(attachment, "prompt");
        Assert.Equal("", await LogText.ReadAsync(root.LogPath("c1")));
        await attachment.Input.WriteAsync("\n"u8.ToArray());
        await exits.WaitAsync("c1");
        Assert.Equal("promptmore", await LogText.ReadAsync(root.LogPath("c1")));
        Assert.Single(await File.ReadAllLinesAsync(root.LogPath("c1")));
    }

    [Fact]
    public async Task Logs_rotate_and_are_compressed_in_the_background()
    {
        await using var root = new TestRoot();
        await using var service = await root.StartServiceAsync();
        var exits = new ExitProbe(service);
        var spec = root.Bundle("c1", "sh", "-c", "for i in 1 2 3 4 5 6 7 8; do seq 1 20000; usleep 100000; done");
        spec = spec with { Log = spec.Log with { MaxSize = 1_000_000, MaxFiles = 100, Compress = true } };
        await service.StartAsync(spec, CancellationToken.None);
        await exits.WaitAsync("c1");
        await Eventually.TrueAsync(() => !File.Exists(root.LogPath("c1") + ".1") && File.Exists(root.LogPath("c1") + ".1.gz"));
        var expected = string.Concat(Enumerable.Range(1, 8).SelectMany(_ => Enumerable.Range(1, 20_000)).Select(i => $"{i}\n"));
        Assert.Equal(expected, await LogText.ReadAsync(root.LogPath("c1")));
    }
}
