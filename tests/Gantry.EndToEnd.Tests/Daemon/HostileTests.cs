using System.Diagnostics;
using System.Formats.Tar;
using System.Net.Sockets;
using System.Text;
using Gantry.EndToEnd.Tests.Engine;

namespace Gantry.EndToEnd.Tests.Daemon;

/// <summary>Clients that break the rules get a clear answer, leave nothing behind and harm nobody else.</summary>
public sealed class HostileTests : IAsyncLifetime
{
    private const int Spare = 15;
    private readonly ScratchDaemon _daemon = new();
    private Process _engine = null!;

    private string Path => $"{_daemon.Folder}/s";

    public async Task InitializeAsync() => _engine = await _daemon.StartAsync("-H", _daemon.Socket);

    public Task DisposeAsync() => _daemon.DisposeAsync().AsTask();

    [Fact]
    public async Task Requests()
    {
        var before = Descriptors();
        static byte[] Text(string text) => Encoding.Latin1.GetBytes(text);
        async Task Create(string answer, params byte[][] body)
        {
            var (status, text) = await RawHttp.PostAsync(Path, "POST", "/containers/create", "application/json", body);
            Assert.StartsWith("HTTP/1.1 400 ", status, StringComparison.Ordinal);
            Assert.Contains(answer, text, StringComparison.Ordinal);
        }

        await Create("http: request body too large", [Text("{\"Image\":\""), .. Enumerable.Repeat(new byte[1 << 20], 100)]);
        await Create("exceeded max depth", Text(new string('[', 200_000)));
        await Create("exceeded max depth", Text(string.Concat(Enumerable.Repeat("{\"a\":", 100_000))));
        await Create("invalid reference format", Text("{\"Image\":\"\u00ff\u00fe\u0080\"}"));

        async Task Get(string status, string target, string headers = "") =>
            Assert.StartsWith("HTTP/1.1 " + status, (await RawHttp.GetAsync(Path, target, headers)).Status, StringComparison.Ordinal);
        await Get("431", "/_ping", string.Concat(Enumerable.Range(0, 5000).Select(i => $"X-{i}: y\r\n")));
        await Get("400", "/containers/json?filters=" + new string('a', 200 << 10));
        await Get("400", "/containers/a%00b/json");
        await Get("301", "/containers/../../etc/passwd/json");
        await Get("404", "/containers/%ff/json");
        await Get("200", "/containers/json", "Content-Length: 0\r\n");
        Assert.Contains("\"message\":", (await RawHttp.SendAsync(Path, [Text("POST /volumes/create HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n")])).Body, StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 201 ", (await RawHttp.SendAsync(Path, [Text("POST /volumes/create HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n2\r\n{}\r\n0\r\nX: y\r\n\r\n")])).Status, StringComparison.Ordinal);
        await RawHttp.SendAsync(Path, [Text("POST /containers/create HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"Image\":")], cutOff: true);
        await RawHttp.SendAsync(Path, [Text("POST /containers/nope/attach?stream=1 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\nGET /info HTTP/1.1\r\n\r\n")]);
        await AliveAsync(before);
    }

    [Fact]
    public async Task Connections()
    {
        var before = Descriptors();
        var slow = new List<Socket>();
        for (var i = 0; i < 300; i++)
        {
            slow.Add(await RawHttp.ConnectAsync(Path));
            await slow[^1].SendAsync(Encoding.Latin1.GetBytes("GET /_ping HTTP/1.1\r\nX: "));
        }

        Assert.Equal("OK", (await RawHttp.GetAsync(Path, "/_ping")).Body);
        slow.ForEach(s => s.Dispose());
        for (var i = 0; i < 2000; i++)
        {
            using var dropped = await RawHttp.ConnectAsync(Path);
            if (i % 3 != 0)
            {
                await dropped.SendAsync(Encoding.Latin1.GetBytes("GET /events HTTP/1.1\r\nHost: x\r\n\r\n"));
            }
        }

        await AliveAsync(before);
    }

    [Fact]
    public async Task Archives()
    {
        Task<Result> Run(params string[] arguments) => _daemon.GantryAsync(["-H", _daemon.Socket, .. arguments]);
        (await Run("import", Repository.BusyboxTar, "bb")).Succeeded();
        (await Run("run", "-d", "--name", "hh", "--network", "none", "bb", "/bin/sleep", "1000")).Succeeded();
        var before = Descriptors();
        var outside = $"{_daemon.Folder}/outside";
        Directory.CreateDirectory(outside);
        async Task Put(string status, string answer, byte[] tar)
        {
            var (line, text) = await RawHttp.PostAsync(Path, "PUT", "/containers/hh/archive?path=/", "application/x-tar", tar);
            Assert.StartsWith("HTTP/1.1 " + status, line, StringComparison.Ordinal);
            Assert.Contains(answer, text, StringComparison.Ordinal);
        }

        var up = string.Concat(Enumerable.Repeat("../", 20));
        await Put("500", "outside of the root", Tar(File(up + outside + "/a")));
        await Put("200", string.Empty, Tar(File(outside + "/b")));
        await Put("200", string.Empty, Tar(Link(TarEntryType.SymbolicLink, "l", outside), File("l/c")));
        await Put("500", "invalid symlink", Tar(Link(TarEntryType.SymbolicLink, "m", up + outside), File("m/d")));
        await Put("500", "invalid hard link", Tar(Link(TarEntryType.HardLink, "h", "/etc/nosuch")));
        await Put("500", "unexpected EOF", Tar(File("t", 100_000))[..5000]);
        await Put("500", "larger than allowed", Tar(Sparse("0\n", 1L << 62)));
        await Put("500", "a sparse map that doesn't fit its file", Tar(Sparse("1\n99999999999\n5\n", 10)));

        var dockerfile = new PaxTarEntry(TarEntryType.RegularFile, "Dockerfile") { DataStream = new MemoryStream("FROM bb\nCOPY . /c\n"u8.ToArray()) };
        var (_, escape) = await RawHttp.PostAsync(Path, "POST", "/build", "application/x-tar", Tar(dockerfile, File(up + outside + "/e")));
        Assert.Contains("Successfully built", escape, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(outside));
        (await Run("rm", "-f", "hh")).Succeeded();
        await AliveAsync(before);
    }

    private int Descriptors() => Directory.EnumerateFileSystemEntries($"/proc/{_engine.Id}/fd").Count();

    private async Task AliveAsync(int before)
    {
        Assert.Equal("OK", (await RawHttp.GetAsync(Path, "/_ping")).Body);
        await _daemon.UntilAsync(() => Descriptors() <= before + Spare);
        Assert.False(_engine.HasExited);
    }

    private static PaxTarEntry File(string name, int size = 2) => new(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(new byte[size]) };

    private static PaxTarEntry Link(TarEntryType type, string name, string target) => new(type, name) { LinkName = target };

    private static PaxTarEntry Sparse(string map, long size) => new(TarEntryType.RegularFile, "s", new Dictionary<string, string>
    {
        ["GNU.sparse.major"] = "1",
        ["GNU.sparse.minor"] = "0",
        ["GNU.sparse.name"] = "s",
        ["GNU.sparse.realsize"] = $"{size}",
    })
    {
        DataStream = new MemoryStream(Encoding.ASCII.GetBytes(map.PadRight(512, '\0'))),
    };

    private static byte[] Tar(params TarEntry[] entries)
    {
        var buffer = new MemoryStream();
        using (var writer = new TarWriter(buffer, leaveOpen: true))
        {
            foreach (var entry in entries)
            {
                writer.WriteEntry(entry);
            }
        }

        return buffer.ToArray();
    }
}
