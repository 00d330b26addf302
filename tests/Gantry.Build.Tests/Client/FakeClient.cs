using System.Collections.Concurrent;
using System.Text;
using Gantry.BuildKit;
using Gantry.IO.Protobuf;
using Gantry.IO.Streams;

namespace Gantry.Build.Tests.Client;

/// <summary>A build's client with folders, secrets and a place for outputs, all in memory. It does what fsutil's sender and receiver do.</summary>
internal sealed class FakeClient : IBuildClient
{
    /// <summary>Announcements of a folder, in order, with the content of regular files.</summary>
    internal Dictionary<string, List<(FileStat Stat, byte[] Content)>> Folders { get; } = new() { ["context"] = [], ["dockerfile"] = [] };

    internal Dictionary<string, string> Secrets { get; } = [];

    /// <summary>What was asked for, <c>folder/path</c>.</summary>
    internal ConcurrentBag<string> Fetched { get; } = [];

    internal ConcurrentBag<FileRequest> Requests { get; } = [];

    /// <summary>Files an export brought: path to content; links as <c>-> target</c>.</summary>
    internal ConcurrentDictionary<string, string> Exported { get; } = new();

    /// <summary>Sent once after the announcements, whatever was asked for.</summary>
    internal FilePacket? Rogue { get; set; }

    internal FakeClient File(string folder, string path, string content, uint mode = 0x1a4)
    {
        var list = Folders.TryGetValue(folder, out var there) ? there : Folders[folder] = [];
        var bytes = Encoding.UTF8.GetBytes(content);
        list.Add((new FileStat { Path = path, Mode = mode, Size = bytes.Length, Modified = 1_700_000_000_000_000_000 }, bytes));
        return this;
    }

    internal FakeClient Directory(string folder, string path)
    {
        Folders[folder].Add((new FileStat { Path = path, Mode = GoFileMode.Directory | 0x1ed }, []));
        return this;
    }

    internal FakeClient Dockerfile(string text) => File("dockerfile", "Dockerfile", text);

    public string SharedKey { get; set; } = string.Empty;

    public IMessageStream OpenFiles(FileRequest request, CancellationToken cancellationToken)
    {
        Requests.Add(request);
        var (near, far) = MessagePipe.Create();
        _ = SendAsync(far, request);
        return near;
    }

    public Task<ReadOnlyMemory<byte>?> FindSecretAsync(string id, CancellationToken cancellationToken) =>
        Task.FromResult(Secrets.TryGetValue(id, out var secret) ? new ReadOnlyMemory<byte>(Encoding.UTF8.GetBytes(secret)) : (ReadOnlyMemory<byte>?)null);

    public Task CheckAgentAsync(string id, CancellationToken cancellationToken) =>
        id == "default" ? Task.CompletedTask : throw Errors.GantryException.InvalidArgument($"unset ssh forward key {id}");

    /// <summary>An agent that answers with what it is sent, in capitals.</summary>
    public IMessageStream OpenAgent(string id, CancellationToken cancellationToken)
    {
        var (near, far) = MessagePipe.Create();
        _ = Task.Run(async () =>
        {
            while (await far.ReadAsync(CancellationToken.None) is { } message)
            {
                var text = Encoding.UTF8.GetString(SingleField.Bytes(message.Span)).ToUpperInvariant();
                await far.WriteAsync(SingleField.OfText(text), CancellationToken.None);
            }

            await far.EndAsync(CancellationToken.None);
        }, CancellationToken.None);
        return near;
    }

    public IMessageStream OpenExport(int exporter, CancellationToken cancellationToken)
    {
        var (near, far) = MessagePipe.Create();
        _ = ReceiveAsync(far);
        return near;
    }

    public IMessageStream OpenUpload(string path, CancellationToken cancellationToken) => throw Errors.GantryException.InvalidArgument("nothing to upload");

    private static Task SendAsync(MessagePipe pipe, FilePacket packet) => pipe.WriteAsync(ProtoWriter.Serialize(packet), CancellationToken.None).AsTask();

    private async Task SendAsync(MessagePipe pipe, FileRequest request)
    {
        var files = Folders[request.Folder].Where(f => request.Follow.Count == 0 || request.Follow.Contains(f.Stat.Path)).ToList();
        foreach (var (stat, _) in files)
        {
            await SendAsync(pipe, FilePacket.Announce(stat));
        }

        await SendAsync(pipe, FilePacket.Announce(null));
        if (Rogue is not null && request.Folder == "context" && request.Follow.Count == 0)
        {
            await SendAsync(pipe, Rogue);
        }

        while (await pipe.ReadAsync(CancellationToken.None) is { } message)
        {
            var packet = FilePacket.Parse(message);
            if (packet.Type == FilePacketType.Finish)
            {
                await SendAsync(pipe, FilePacket.Finish());
                break;
            }

            var (stat, content) = files[(int)packet.Id];
            Fetched.Add($"{request.Folder}/{stat.Path}");
            foreach (var piece in content.Chunk(5))
            {
                await SendAsync(pipe, FilePacket.Content(packet.Id, piece));
            }

            await SendAsync(pipe, FilePacket.Content(packet.Id, default));
        }

        await pipe.EndAsync(CancellationToken.None);
    }

    private async Task ReceiveAsync(MessagePipe pipe)
    {
        var stats = new List<FileStat>();
        var left = new HashSet<uint>();
        var all = false;
        while (await pipe.ReadAsync(CancellationToken.None) is { } message)
        {
            var packet = FilePacket.Parse(message);
            switch (packet.Type)
            {
                case FilePacketType.Stat when packet.Stat is { } stat:
                    if ((stat.Mode & GoFileMode.Kind) == 0 && stat.LinkName.Length == 0)
                    {
                        left.Add((uint)stats.Count);
                        await SendAsync(pipe, FilePacket.Request((uint)stats.Count));
                    }

                    Exported[stat.Path] = stat.LinkName.Length > 0 ? $"-> {stat.LinkName}" : string.Empty;
                    stats.Add(stat);
                    break;
                case FilePacketType.Data when packet.Data.IsEmpty:
                    left.Remove(packet.Id);
                    break;
                case FilePacketType.Data:
                    Exported[stats[(int)packet.Id].Path] += Encoding.UTF8.GetString(packet.Data.Span);
                    break;
                case FilePacketType.Finish:
                    await pipe.EndAsync(CancellationToken.None);
                    return;
            }

            all |= packet is { Type: FilePacketType.Stat, Stat: null };
            if (all && left.Count == 0)
            {
                await SendAsync(pipe, FilePacket.Finish());
            }
        }
    }
}
