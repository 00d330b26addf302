using Gantry.RegistryServer;
using Gantry.Registry.Tests.Support;

namespace Gantry.Registry.Tests.Server;

/// <summary>The command line of <c>registry serve</c>.</summary>
public sealed class ServeCommandTests
{
    [Theory]
    [InlineData("unknown flag: --nope", "--nope")]
    [InlineData("unexpected argument: x", "x")]
    [InlineData("flag needs an argument: --listen", "--listen")]
    [InlineData("invalid argument \"maybe\" for \"--read-only\" flag: expected true or false", "--read-only=maybe")]
    [InlineData("--tls-cert and --tls-key go together", "--tls-cert", "/x")]
    [InlineData("--acme and --tls-cert exclude each other", "--acme", "a.example", "--tls-cert", "/x", "--tls-key", "/x")]
    [InlineData("--acme-directory, --acme-email and --acme-listen need --acme", "--acme-email", "a@b.example")]
    [InlineData("invalid argument \"127.0.0.1\" for \"--acme\" flag: expected a domain name", "--acme", "127.0.0.1")]
    [InlineData("--token-service, --anonymous-pull and --access need --htpasswd", "--anonymous-pull")]
    [InlineData("--proxy-passwords needs --proxy", "--proxy-passwords", "/dev/null")]
    [InlineData("invalid upstream \"nowhere\": expected [PREFIX=]URL", "--proxy", "nowhere")]
    [InlineData("two upstreams for names without a prefix", "--proxy", "http://127.0.0.1:1", "--proxy=http://127.0.0.1:2")]
    [InlineData("invalid listen address nowhere: expected an IP address and a port, like 127.0.0.1:5000", "--listen", "nowhere")]
    [InlineData("could not load the certificate /nonexistent with the key /nonexistent", "--tls-cert", "/nonexistent", "--tls-key", "/nonexistent")]
    public async Task Bad_command_lines(string message, params string[] arguments)
    {
        using var directory = new TemporaryDirectory();
        var error = new StringWriter();

        var exitCode = await RegistryServeCommand.RunAsync(["--root", directory.Path, .. arguments], TextWriter.Null, error, CancellationToken.None);

        Assert.Equal(125, exitCode);
        Assert.StartsWith("registry serve: " + message, error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help()
    {
        var output = new StringWriter();

        Assert.Equal(0, await RegistryServeCommand.RunAsync(["--help"], output, TextWriter.Null, CancellationToken.None));

        Assert.Equal(RegistryServeCommand.Help, output.ToString());
    }

    [Fact]
    public async Task Serves_until_told_to_stop_and_says_where()
    {
        using var directory = new TemporaryDirectory();
        using var stop = new CancellationTokenSource();
        var output = new StringWriter();
        var running = RegistryServeCommand.RunAsync(["--root=" + directory.At("data"), "--listen", "127.0.0.1:0"], output, TextWriter.Null, stop.Token);
        while (!output.ToString().Contains('\n', StringComparison.Ordinal))
        {
            await Task.Delay(5);
        }

        using var http = new HttpClient();
        var address = output.ToString().Split(' ', ',')[3];
        Assert.Equal("{}", await http.GetStringAsync($"{address}/v2/"));

        using var second = new CancellationTokenSource();
        var error = new StringWriter();
        Assert.Equal(1, await RegistryServeCommand.RunAsync(["--root", directory.At("other"), "--listen", new Uri(address).Authority], TextWriter.Null, error, second.Token));
        Assert.Contains("bind: address already in use", error.ToString(), StringComparison.Ordinal);
        await stop.CancelAsync();
        Assert.Equal(0, await running);
    }
}
