using System.Net;
using System.Text;
using Gantry.Build.Tests.Support;

namespace Gantry.Build.Tests.Building;

/// <summary>Sources of ADD that are addresses.</summary>
public sealed class AddressTests
{
    [Theory]
    [InlineData("ADD one.txt {0}/two.txt {0}/three.tar /d/", "one.txt\nthree.tar\ntwo.txt\n")]
    [InlineData("ADD {0}/two.txt sub *.txt {0}/two.txt /d/", "inner\none.txt\ntwo.txt\n")]
    [InlineData("ADD {0}/two.txt /d/", "two.txt\n")]
    [InlineData("ADD {0}/two.txt /d/renamed", "renamed\n")]
    public async Task Stand_beside_files_of_the_context(string instruction, string listed)
    {
        using var server = new Server();
        await using var harness = await Harness.CreateAsync();

        var (transcript, _) = await harness.BuildAsync($"FROM busybox\n{string.Format(null, instruction, server.Address)}\nRUN ls /d\n", ("one.txt", "1"), ("sub/inner", "i"));

        Assert.Contains(listed, transcript, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ADD one.txt {0}/two.txt /d", "the destination must be a directory and end with a /")]
    [InlineData("ADD one.txt {0}/nowhere /d/", "404")]
    [InlineData("ADD --checksum=sha256:0000000000000000000000000000000000000000000000000000000000000000 one.txt {0}/two.txt /d/", "checksum can't be specified for multiple sources")]
    [InlineData("ADD --checksum=sha256:0000000000000000000000000000000000000000000000000000000000000000 one.txt /d/", "checksum requires HTTP(S) or Git sources")]
    [InlineData("COPY {0}/two.txt /d/", "COPY failed: source can't be a URL for COPY")]
    public async Task Have_their_errors(string instruction, string error)
    {
        using var server = new Server();
        await using var harness = await Harness.CreateAsync();
        var context = ContextBuilder.Of($"FROM busybox\n{string.Format(null, instruction, server.Address)}\n").File("one.txt", "1");

        var (transcript, image) = await harness.TryBuildAsync(new BuildRequest { ContextTar = context.Build() });

        Assert.Null(image);
        Assert.Contains(error, transcript, StringComparison.Ordinal);
    }

    /// <summary>Has <c>two.txt</c> and <c>three.tar</c>.</summary>
    private sealed class Server : IDisposable
    {
        private readonly HttpListener _listener = new();

        internal Server()
        {
            using (var free = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0))
            {
                free.Start();
                Address = $"http://{free.LocalEndpoint}";
            }

            _listener.Prefixes.Add(Address + "/");
            _listener.Start();
            _ = ServeAsync();
        }

        internal string Address { get; }

        public void Dispose() => _listener.Close();

        private async Task ServeAsync()
        {
            while (_listener.IsListening)
            {
                try
                {
                    var context = await _listener.GetContextAsync();
                    var content = context.Request.Url!.AbsolutePath switch
                    {
                        "/two.txt" => Encoding.UTF8.GetBytes("2"),
                        "/three.tar" => new ContextBuilder().File("unpacked", "x").Build().ToArray(),
                        _ => null,
                    };
                    context.Response.StatusCode = content is null ? 404 : 200;
                    context.Response.OutputStream.Write(content ?? []);
                    context.Response.Close();
                }
                catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
                {
                    return;
                }
            }
        }
    }
}
