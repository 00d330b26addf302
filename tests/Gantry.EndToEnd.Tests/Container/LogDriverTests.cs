using System.IO.Compression;
using System.Text.Json;
using System.Text.RegularExpressions;
using Gantry.EndToEnd.Tests.Engine;

namespace Gantry.EndToEnd.Tests.Container;

/// <summary>Log drivers against servers on loopback. What the wire formats look like in detail is tested in Gantry.Logs.Tests.</summary>
[Collection(EngineCollection.Name)]
public sealed class LogDriverTests(EngineProcess engine)
{
    [Fact]
    public async Task Local_logs_are_rotated_compressed_and_read_back()
    {
        (await engine.GantryAsync("run", "--name", "rotated", "--log-driver", "local", "--log-opt", "max-size=100k", "--log-opt", "max-file=3", "busybox", "sh", "-c",
            "for i in 0 1 2 3 4 5; do seq $((i*2000+1)) $((i*2000+2000)); sleep 0.3; done")).Succeeded();
        (await engine.GantryAsync("run", "--name", "kept", "--log-driver", "local", "busybox", "seq", "1", "5000")).Succeeded();

        Assert.Equal(string.Concat(Enumerable.Range(1, 5000).Select(i => $"{i}\n")), (await engine.GantryAsync("logs", "kept")).Succeeded().Output);
        Assert.Equal("11999\n12000\n", (await engine.GantryAsync("logs", "--tail", "2", "rotated")).Succeeded().Output);
        var all = (await engine.GantryAsync("logs", "rotated")).Succeeded().Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse).ToList();
        Assert.Equal(Enumerable.Range(all[0], 12001 - all[0]), all);
        Assert.InRange(all[0], 2001, 10000);
        Assert.Equal("", (await engine.GantryAsync("inspect", "-f", "{{.LogPath}}", "rotated")).Succeeded().Text);
        var id = (await engine.GantryAsync("inspect", "-f", "{{.Id}}", "rotated")).Succeeded().Text;
        Assert.NotEmpty(Directory.GetFiles(Path.Combine(engine.DataRoot, "containers", id, "local-logs"), "*.gz"));
        (await engine.GantryAsync("rm", "rotated", "kept")).Succeeded();
    }

    [Theory]
    [InlineData("json-file", "foo=1", "unknown log opt 'foo' for json-file log driver")]
    [InlineData("json-file", "mode=foo", "logger: logging mode not supported: foo")]
    [InlineData("json-file", "max-buffer-size=1m", "logger: max-buffer-size option is only supported with 'mode=non-blocking'")]
    [InlineData("json-file", "cache-disabled=zz", "invalid value for option cache-disabled: zz")]
    [InlineData("json-file", "max-size=1x", "failed to create task for container: failed to initialize logging driver: invalid suffix: 'x'")]
    [InlineData("json-file", "max-size=0", "failed to create task for container: failed to initialize logging driver: max-size must be a positive number")]
    [InlineData("json-file", "max-file=0", "failed to initialize logging driver: max-file cannot be less than 1")]
    [InlineData("json-file", "compress=true", "compress cannot be true when max-file is less than 2 or max-size is not set")]
    [InlineData("json-file", "compress=zz", "failed to initialize logging driver: strconv.ParseBool: parsing \"zz\": invalid syntax")]
    [InlineData("json-file", "labels-regex=[", "failed to initialize logging driver: error parsing regexp: ")]
    [InlineData("json-file", "tag={{.Nope}}", "template: log-tag:1:2: executing \"log-tag\" at <.Nope>: can't evaluate field Nope in type *logger.Info")]
    [InlineData("json-file", "tag={{", "failed to initialize logging driver: template: log-tag:1: unclosed action")]
    [InlineData("local", "tag=x", "unknown log opt 'tag' for log driver local")]
    [InlineData("local", "max-size=1x", "failed to initialize logging driver: invalid value for max-size: 1x: invalid suffix: 'x'")]
    [InlineData("local", "max-file=1", "compression cannot be enabled when max file count is 1")]
    [InlineData("local", "compress=zz", "error reading compress log option: strconv.ParseBool: parsing \"zz\": invalid syntax")]
    [InlineData("syslog", "max-size=1m", "unknown log opt 'max-size' for syslog log driver")]
    [InlineData("syslog", "syslog-address=zz", "unsupported scheme: ''")]
    [InlineData("syslog", "syslog-address=unix:///nope", "stat /nope: no such file or directory")]
    [InlineData("syslog", "syslog-address=tcp://127.0.0.1:1", "failed to create task for container: failed to initialize logging driver: dial tcp 127.0.0.1:1: connect: connection refused")]
    [InlineData("syslog", "syslog-facility=zz", "invalid syslog facility")]
    [InlineData("syslog", "syslog-format=zz", "Invalid syslog format")]
    [InlineData("gelf", "foo=1", "gelf-address is a required parameter")]
    [InlineData("gelf", "gelf-address=http://127.0.0.1:1", "gelf: endpoint needs to be TCP or UDP")]
    [InlineData("gelf", "gelf-address=udp://127.0.0.1", "gelf: please provide gelf-address as proto://host:port")]
    [InlineData("gelf", "gelf-address=tcp://127.0.0.1:1", "gelf: cannot connect to GELF endpoint: 127.0.0.1:1 dial tcp 127.0.0.1:1: connect: connection refused")]
    [InlineData("fluentd", "foo=1", "unknown log opt 'foo' for fluentd log driver")]
    [InlineData("fluentd", "fluentd-address=http://x", "invalid fluentd-address (http://x): unsupported scheme: 'http'")]
    [InlineData("fluentd", "fluentd-address=tcp://127.0.0.1:1/x", "invalid fluentd-address (tcp://127.0.0.1:1/x): should not contain a path element")]
    [InlineData("fluentd", "fluentd-address=unix://", "invalid fluentd-address (unix://): path is empty")]
    [InlineData("fluentd", "fluentd-address=a:b:c", "invalid fluentd-address (a:b:c): parse \"tcp://a:b:c\": invalid port \":c\" after host")]
    [InlineData("fluentd", "fluentd-retry-wait=zz", "time: invalid duration \"zz\"")]
    [InlineData("fluentd", "fluentd-max-retries=zz", "strconv.ParseUint: parsing \"zz\": invalid syntax")]
    [InlineData("fluentd", "fluentd-async-reconnect-interval=1ms", "invalid value for fluentd-async-reconnect-interval: value (\"1ms\") must be between 100ms and 10s")]
    [InlineData("fluentd", "fluentd-address=127.0.0.1:1", "failed to initialize logging driver: dial tcp 127.0.0.1:1: connect: connection refused")]
    [InlineData("journald", "foo=1", "unknown log opt 'foo' for journald log driver")]
    [InlineData("splunk", "splunk-token=x", "error looking up logging plugin splunk: plugin \"splunk\" not found")]
    public async Task Wrong_options_are_refused_in_dockers_words(string driver, string option, string error)
    {
        (await engine.GantryAsync("run", "--name", "wrong", "--log-driver", driver, "--log-opt", option, "busybox", "true")).Failed(error);
        await engine.GantryAsync("rm", "-f", "wrong");
    }

    [Theory]
    [InlineData("", @"^<30>\w{3} [ \d]\d \d\d:\d\d:\d\d \w{12}\[\d+\]: out\n$")]
    [InlineData("rfc3164", @"^<30>\w{3} [ \d]\d \d\d:\d\d:\d\d \S+ \w{12}\[\d+\]: out\n$")]
    [InlineData("rfc5424", @"^<30>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S+ \S+ \w{12} \d+ \w{12} - out\n$")]
    [InlineData("rfc5424micro", @"^<30>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\S+ \S+ \w{12} \d+ \w{12} - out\n$")]
    public async Task Syslog_datagrams_have_the_format_asked_for(string format, string pattern)
    {
        await using var server = LogServer.Udp();
        (await engine.GantryAsync("run", "--rm", "--log-driver", "syslog", "--log-opt", $"syslog-address=udp://127.0.0.1:{server.Port}", "--log-opt", $"syslog-format={format}",
            "busybox", "echo", "out")).Succeeded();

        await EventuallyAsync(() => server.Datagrams.Count == 1);
        Assert.Matches(pattern, server.Text);
    }

    [Fact]
    public async Task Remote_logs_can_be_read_here_too_unless_the_cache_is_disabled()
    {
        await using var server = LogServer.Tcp();
        var address = $"syslog-address=tcp://127.0.0.1:{server.Port}";
        (await engine.GantryAsync("run", "--name", "dual", "--log-driver", "syslog", "--log-opt", address, "--log-opt", "tag={{.ImageName}}/{{.Name}}", "--log-opt", "syslog-facility=local3",
            "busybox", "sh", "-c", "echo out; echo err >&2")).Succeeded();
        (await engine.GantryAsync("run", "--name", "single", "--log-driver", "syslog", "--log-opt", address, "--log-opt", "cache-disabled=true", "busybox", "echo", "away")).Succeeded();

        await EventuallyAsync(() => server.Text.Count(c => c == '\n') == 3);
        Assert.Matches(@"<158>.* busybox/dual\[\d+\]: out\n", server.Text);
        Assert.Matches(@"<155>.* busybox/dual\[\d+\]: err\n", server.Text);
        Assert.Contains(": away\n", server.Text, StringComparison.Ordinal);
        Assert.Equal("out\n", (await engine.GantryAsync("logs", "dual")).Succeeded().Output);
        (await engine.GantryAsync("logs", "single")).Failed("configured logging driver does not support reading");
        (await engine.GantryAsync("rm", "dual", "single")).Succeeded();
    }

    [Fact]
    public async Task A_killed_engine_loses_nothing_on_the_way_to_the_server()
    {
        await using var server = LogServer.Tcp();
        var address = $"syslog-address=tcp://127.0.0.1:{server.Port}";
        (await engine.GantryAsync("run", "-d", "--name", "steady", "--log-driver", "syslog", "--log-opt", address, "busybox", "sh", "-c", "i=0; while [ $i -lt 60 ]; do i=$((i+1)); echo line $i.; sleep 0.05; done")).Succeeded();
        (await engine.GantryAsync("run", "-d", "--name", "brief", "--log-driver", "syslog", "--log-opt", address, "busybox", "sh", "-c", "sleep 1; echo last words")).Succeeded();
        await EventuallyAsync(() => server.Text.Contains("line 5.", StringComparison.Ordinal));

        await engine.KillAsync();
        await Task.Delay(1500);
        await engine.StartAsync();

        await EventuallyAsync(() => server.Text.Contains("line 60.", StringComparison.Ordinal) && server.Text.Contains("last words", StringComparison.Ordinal));
        var lines = Regex.Matches(server.Text, @"line (\d+)\.").Select(m => int.Parse(m.Groups[1].Value)).ToList();
        Assert.Equal(Enumerable.Range(1, 60), lines.Distinct().Order());
        (await engine.GantryAsync("rm", "-f", "steady", "brief")).Succeeded();
    }

    [Fact]
    public async Task A_server_that_was_away_gets_what_came_meanwhile()
    {
        var first = LogServer.Tcp();
        var port = first.Port;
        (await engine.GantryAsync("run", "-d", "-i", "--name", "patient", "--log-driver", "syslog", "--log-opt", $"syslog-address=tcp://127.0.0.1:{port}", "busybox", "sh", "-c",
            "echo before; while [ ! -e /go ]; do sleep 0.05; done; seq 1 2000 | sed 's/.*/number &./'")).Succeeded();
        await EventuallyAsync(() => first.Text.Contains("before", StringComparison.Ordinal));
        await first.DisposeAsync();

        (await engine.GantryAsync("exec", "patient", "touch", "/go")).Succeeded();
        Assert.Equal("0", (await engine.GantryAsync("wait", "patient")).Succeeded().Text);
        await using var second = LogServer.Tcp(port);

        await EventuallyAsync(() => second.Text.Contains("number 2000.", StringComparison.Ordinal));
        Assert.Equal(2000, Regex.Matches(second.Text, @"number \d+\.\n").Select(m => m.Value).Distinct().Count());
        (await engine.GantryAsync("rm", "patient")).Succeeded();
    }

    [Theory]
    [InlineData("blocking")]
    [InlineData("non-blocking")]
    public async Task A_server_that_is_stuck_holds_no_container_up(string mode)
    {
        await using var stuck = LogServer.Tcp(reads: false);
        var port = stuck.Port;
        (await engine.GantryAsync("run", "--name", "free", "--log-driver", "syslog", "--log-opt", $"syslog-address=tcp://127.0.0.1:{port}", "--log-opt", $"mode={mode}", "busybox", "seq", "1", "300000")).Succeeded();
        Assert.Equal("300000", (await engine.GantryAsync("logs", "--tail", "1", "free")).Succeeded().Text);

        await stuck.DisposeAsync();
        await using var well = LogServer.Tcp(port);
        await EventuallyAsync(() => well.Text.EndsWith('\n'));
        if (mode == "blocking")
        {
            // Nothing is dropped then: it waits in the log file.
            await EventuallyAsync(() => well.Text.EndsWith(": 300000\n", StringComparison.Ordinal));
        }

        (await engine.GantryAsync("rm", "free")).Succeeded();
    }

    [Fact]
    public async Task Gelf_and_fluentd_get_the_containers_facts()
    {
        await using var gelf = LogServer.Udp();
        await using var fluentd = LogServer.Tcp();
        (await engine.GantryAsync("run", "--name", "facts", "--label", "team=blue", "-e", "STAGE=test", "--log-driver", "gelf", "--log-opt", $"gelf-address=udp://127.0.0.1:{gelf.Port}",
            "--log-opt", "labels=team", "--log-opt", "env-regex=^STA", "busybox", "echo", "hello")).Succeeded();
        (await engine.GantryAsync("run", "--name", "facts2", "--log-driver", "fluentd", "--log-opt", $"fluentd-address=127.0.0.1:{fluentd.Port}", "--log-opt", "tag=app.{{.Name}}", "busybox", "echo", "hello")).Succeeded();
        await EventuallyAsync(() => gelf.Datagrams.Count == 1 && fluentd.Text.Contains("hello", StringComparison.Ordinal));

        using var unpacked = new GZipStream(new MemoryStream(gelf.Datagrams[0]), CompressionMode.Decompress);
        var message = JsonDocument.Parse(unpacked).RootElement;
        Assert.Equal("hello", message.GetProperty("short_message").GetString());
        Assert.Equal(6, message.GetProperty("level").GetInt32());
        Assert.Equal(("facts", "busybox", "echo hello"), (message.GetProperty("_container_name").GetString(), message.GetProperty("_image_name").GetString(), message.GetProperty("_command").GetString()));
        Assert.Equal(("blue", "test"), (message.GetProperty("_team").GetString(), message.GetProperty("_STAGE").GetString()));
        Assert.Contains("app.facts2", fluentd.Text, StringComparison.Ordinal);
        Assert.Contains("/facts2", fluentd.Text, StringComparison.Ordinal);
        (await engine.GantryAsync("rm", "facts", "facts2")).Succeeded();
    }

    [Fact]
    public async Task Chosen_labels_variables_and_the_tag_are_details_of_json_file()
    {
        (await engine.GantryAsync("run", "--name", "detailed", "--label", "a.b=1", "--label", "c=2", "-e", "X1=y", "--log-opt", "labels-regex=^a\\.", "--log-opt", "env-regex=^X", "--log-opt", "tag={{.Name}}-{{.ID}}",
            "busybox", "echo", "hi")).Succeeded();
        var id = (await engine.GantryAsync("inspect", "-f", "{{.Id}}", "detailed")).Succeeded().Text[..12];

        Assert.Equal($"X1=y,a.b=1,tag=detailed-{id} hi", (await engine.GantryAsync("logs", "--details", "detailed")).Succeeded().Text);
        (await engine.GantryAsync("rm", "detailed")).Succeeded();
        Assert.Equal("""["fluentd","gelf","journald","json-file","local","syslog"]""", (await engine.GantryAsync("info", "-f", "{{json .Plugins.Log}}")).Succeeded().Text);
    }

    private static async Task EventuallyAsync(Func<bool> condition)
    {
        // Once is enough: what is looked at may still be growing.
        for (var attempt = 0; attempt < 400; attempt++)
        {
            if (condition())
            {
                return;
            }

            await Task.Delay(50);
        }

        Assert.Fail("the condition did not come true");
    }
}
