using System.Text;
using Gantry.Api;
using Gantry.Build;
using Gantry.BuildKit;
using Gantry.Dockerfile;
using Gantry.Engine.Filters;
using Gantry.Engine.Http.Hosting;
using Gantry.Engine.Http.Routing;
using Gantry.Engine.Streams;
using Gantry.IO.Git;
using Gantry.IO.Grpc;
using Gantry.IO.Protobuf;
using Gantry.IO.Tar;
using Gantry.Logs;
using Gantry.Networks.Dns;
using Gantry.Oci;
using Gantry.Plugins.Managed;
using Gantry.Runtime.Protocol;
using Gantry.Terminal.Templates;
using Gantry.Terminal.Values;
using PluginPrivilege = Gantry.Plugins.Managed.PluginPrivilege;
using PluginSettings = Gantry.Plugins.Managed.PluginSettings;

namespace Gantry.Fuzz.Tests;

/// <summary>Every parser that is reachable from a socket, a registry, an archive or a build context.</summary>
internal static class Targets
{
    private const string Dockerfile = "# syntax=x\n# escape=\\\nARG V=1\nFROM --platform=linux/amd64 busybox:${V:-2} AS a\nRUN <<EOF\necho ${V%x} \\\n b\nEOF\nRUN --mount=type=cache,target=/c [\"a\", \"b\"]\n"
        + "COPY --from=a --chown=1:2 [\"x y\", \"/z\"]\nADD a b /c/\nENV A=b C=\"d e\"\nLABEL x='y'\nHEALTHCHECK --interval=5s --retries=3 CMD true\nEXPOSE 80/tcp 90-92\nVOLUME [\"/v\"]\nUSER 1:1\nWORKDIR /w\n"
        + "ONBUILD RUN true\nSHELL [\"sh\", \"-c\"]\nSTOPSIGNAL 9\nCMD echo $V\nENTRYPOINT [\"/e\"]\n";

    private static readonly object? s_data = GoValues.FromJson(System.Text.Json.JsonDocument.Parse("""{"A":"b","L":["x",1]}""").RootElement);

    private static readonly PluginConfiguration s_plugin = new() { Env = [new PluginVariable { Name = "A", Settable = ["value"] }] };

    private static readonly byte[] s_dns = Convert.FromHexString("1234010000010000000000010377777706676F6F676C6503636F6D00000100010000291000000080000000");

    internal static IReadOnlyList<FuzzTarget> All { get; } =
    [
        FuzzTarget.OfText("reference", t => ImageReference.Parse(t), "busybox", "docker.io/library/a-b_c:v1.2@sha256:" + new string('a', 64), "[::1]:5000/x/y:z", "localhost:5000/x"),
        FuzzTarget.OfText("digest", t => Digest.Parse(t), "sha256:" + new string('0', 64), "sha512:" + new string('f', 128)),
        FuzzTarget.OfText("platform", t => Platform.Parse(t), "linux/amd64", "linux/arm/v7", "linux(6.1)/arm64", "windows/amd64"),
        new("Dockerfile", b => ParsedDockerfile.Parse(b), Encoding.UTF8.GetBytes(Dockerfile)),
        FuzzTarget.OfText(".dockerignore", t => IgnoreFile.Parse(t).IsIgnored("src/a b/c.go"), "# c\n**/*.go\n!src/**\na?[a-z]\\*/\n", "*/*/temp*\n!**/x\n[^a-c]**\n"),
        new("tar", Tar, Archive(TarEntryFormat.Pax), Archive(TarEntryFormat.Gnu), Archive(TarEntryFormat.Ustar)),
        Json("create request", Encoding.UTF8.GetBytes("""{"Image":"x","Cmd":["a"],"Env":null,"ExposedPorts":{"80/tcp":{}},"Healthcheck":{"Test":["CMD"],"Interval":1},"HostConfig":{"Memory":1000,"PortBindings":{"80/tcp":[{"HostPort":"1"}]},"Ulimits":[{"Name":"n","Soft":1}],"LogConfig":{"Type":"t","Config":{"a":"b"}},"Mounts":[{"Type":"bind","Source":"/a"}]},"NetworkingConfig":{"EndpointsConfig":{"n":{"Aliases":["a"],"IPAMConfig":{"IPv4Address":"1.2.3.4"}}}}}""")),
        FuzzTarget.OfText("filters", t => FilterSet.Parse(t), """{"label":{"a=b":true},"status":{"x":false}}""", """{"label":["a","b"]}"""),
        FuzzTarget.OfText("time", t => TimeFilter.Parse(t, DateTimeOffset.UnixEpoch), "10m", "1h30m", "1700000000.123456789", "2024-01-02T03:04:05.123+02:00", "2024-01-02"),
        FuzzTarget.OfText("detach keys", t => DetachKeys.Parse(t), "ctrl-p,ctrl-q", "a,ctrl-@,ctrl-["),
        FuzzTarget.OfText("cache filter", t => CacheFilter.Parse(new Dictionary<string, IReadOnlyList<string>> { ["until"] = [t], ["id"] = [t] }, DateTimeOffset.UnixEpoch), "24h", "x"),
        FuzzTarget.OfText("listen address", t => ListenAddress.Parse(t, "/s", tls: false), "tcp://127.0.0.1:2375", "unix:///x", "fd://", "tcp://[::1]:1", ":1", "unix:///x\0y"),
        FuzzTarget.OfText("git address", t => GitAddress.Parse(t), "https://u@host/a.git#v1:dir", "git@host:a/b.git#:c", "github.com/a/b#%2e%2e:-x", "git://h/a#+r"),
        new("plugin configuration", b => PluginPrivilege.Of(ConfigurationReader.Read(b)), """{"entrypoint":["/p"],"interface":{"types":["docker.volumedriver/1.0"],"socket":"p.sock"},"network":{"type":"host"},"propagatedmount":"/m","linux":{"devices":[{"name":"d","path":"/dev/d","settable":["path"]}]},"mounts":[{"source":"/s","destination":"/d","type":"bind","options":["rbind"]}],"env":[{"name":"A","value":null}],"args":{"value":["x"]},"user":{"uid":1}}"""u8.ToArray()),
        FuzzTarget.OfText("plugin setting", t => SettingsChange.Apply(s_plugin, PluginSettings.Of(s_plugin), [t]), "A=b", "A.value=b=c", "=", "A."),
        new("DNS query", b => DnsQuery.TryParse(b, out _, out _), s_dns),
        new("log line", Log, Encoding.UTF8.GetBytes("{\"log\":\"a\\u00e9\\n\",\"stream\":\"stdout\",\"attrs\":{\"a\":\"b\"},\"time\":\"2024-01-02T03:04:05.123456789Z\"}\n"), Encoding.UTF8.GetBytes("{\"log\":\"a\",\"stream\":\"stdout\",\"time\":\"}")),
        new("monitor message", Monitor, [1, 0, 2, 0, 0, 0, 0, 0, 1, 8, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 2, 2, 0, 0, 0, 65, 66], [1, 3, 0, 0, 0, 97, 98, 99, 2, 0, 0, 0, 0]),
        new("solve request", b => SolveRequest.Parse(b), new ProtoWriter().Text(1, "ref").TextMap(4, [new("push", "true")]).Text(5, "session").TextMap(7, [new("filename", "Dockerfile"), new("target", "")]).Bytes(8, [34, 3, 10, 1, 97]).Texts(9, ["network.host"]).BytesMap(10, [new("base", [10, 1, 1])]).Bool(11, true).Message(13, new TypedOptions("moby", new Dictionary<string, string> { ["name"] = "x" })).Written.ToArray()),
        new("gateway request", b => GatewaySolveRequest.Parse(b), new ProtoWriter().Text(2, "dockerfile.v0").TextMap(3, [new("target", "t")]).BytesMap(13, [new("c", [1, 2])]).Bool(14, true).Written.ToArray()),
        new("return request", b => ReturnRequest.Parse(b), new ProtoWriter().Message(2, new RpcStatus(2, "why", [new RpcDetail("t", new byte[] { 1 })])).Written.ToArray(), new ProtoWriter().Message(1, new GatewayResult { Ref = new GatewayRef("id", new byte[] { 1 }), Metadata = new Dictionary<string, byte[]> { ["m"] = [2] } }).Written.ToArray()),
        new("file packet", b => FilePacket.Parse(b), ProtoWriter.Serialize(FilePacket.Announce(new FileStat { Path = "d/f", Mode = 0x1a4, Size = 9, LinkName = "l", Xattrs = new Dictionary<string, byte[]> { ["a"] = [1] } })), ProtoWriter.Serialize(FilePacket.Content(7, new byte[] { 1, 2 }))),
        new("gRPC frames", Frames, [0, 0, 0, 0, 2, 16, 1, 0, 0, 0, 0, 0]),
        FuzzTarget.OfText("template", t => Template.Parse(t).Execute(s_data),
            "{{.A}} {{range $i, $e := .L}}{{$i}}={{$e}}{{else}}n{{end}}", "{{if and .A (eq .A \"b\")}}{{printf \"%-5s|%d\" .A 3 | upper}}{{end}}", "{{json .}}{{index .L 0}}{{len .L}}{{- /* c */ -}}", "{{range $i, $e := $i}}n{{end}}"),
    ];

    private static void Frames(byte[] bytes)
    {
        using var body = new MemoryStream(bytes);
        while (Wait(GrpcFrames.ReadAsync(body, CancellationToken.None).AsTask()) is { } message)
        {
            _ = PruneRequest.Parse(message.Span);
        }
    }

    private static FuzzTarget Json(string name, params byte[][] seeds) =>
        new(name, b => Wait(JsonBody.ReadAsync(new MemoryStream(b), ApiJson.Default.ContainerCreateRequest, CancellationToken.None)), seeds);

    private static void Tar(byte[] bytes)
    {
        using var reader = new TarReader(new MemoryStream(bytes));
        var budget = 64L << 20;
        while (Wait(reader.ReadEntryAsync().AsTask()) is not null)
        {
            // A few bytes may declare an enormous hole; reading it is the reader's caller's decision.
            while (budget > 0 && Wait(reader.ReadDataAsync().AsTask()) is { Length: > 0 } piece)
            {
                budget -= piece.Length;
            }
        }
    }

    private static void Log(byte[] bytes)
    {
        _ = JsonLogParser.TryParseTime(bytes, out _);
        _ = JsonLogParser.TryParse(bytes.ToArray(), out _);
    }

    private static void Monitor(byte[] bytes)
    {
        if (MessageReader.TryOpen(bytes, out _, out _, out var reader))
        {
            while (reader.Next())
            {
                _ = (reader.Number, reader.Text);
            }
        }

        _ = ProcessRecord.Read(MessageReader.OfFields(bytes));
    }

    private static byte[] Archive(TarEntryFormat format)
    {
        var buffer = new MemoryStream();
        using (var writer = new System.Formats.Tar.TarWriter(buffer, (System.Formats.Tar.TarEntryFormat)format, leaveOpen: true))
        {
            System.Formats.Tar.TarEntry Entry(System.Formats.Tar.TarEntryType type, string name) => format switch
            {
                TarEntryFormat.Pax => new System.Formats.Tar.PaxTarEntry(type, name),
                TarEntryFormat.Gnu => new System.Formats.Tar.GnuTarEntry(type, name),
                _ => new System.Formats.Tar.UstarTarEntry(type, name),
            };
            var file = Entry(System.Formats.Tar.TarEntryType.RegularFile, "d/" + new string('n', 90));
            file.DataStream = new MemoryStream(Encoding.UTF8.GetBytes("content"));
            writer.WriteEntry(file);
            var link = Entry(System.Formats.Tar.TarEntryType.SymbolicLink, "link");
            link.LinkName = "../../etc";
            writer.WriteEntry(link);
            writer.WriteEntry(Entry(System.Formats.Tar.TarEntryType.Directory, "dir/"));
        }

        return buffer.ToArray();
    }

    private static T Wait<T>(Task<T> task) => task.GetAwaiter().GetResult();

    private enum TarEntryFormat
    {
        Ustar = 2,
        Pax = 3,
        Gnu = 4,
    }
}
