using System.Threading.Channels;
using Gantry.Build.Files;
using Gantry.BuildKit;
using Gantry.Errors;
using Gantry.IO.Protobuf;
using Gantry.IO.Streams;
using Gantry.Linux;

namespace Gantry.Build.Export;

/// <summary>Hands a file system over to the client in fsutil's packets: all names first, then the contents it asks for.</summary>
internal sealed class FolderExport(DirectoryTree tree, IMessageStream stream)
{
    private const int PieceSize = 1 << 15;
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly List<SourceFile> _files = [];
    private readonly Dictionary<ulong, string> _links = [];
    private readonly Channel<SourceFile> _wanted = Channel.CreateUnbounded<SourceFile>();
    private readonly Dictionary<SourceFile, uint> _numbers = new(ReferenceEqualityComparer.Instance);
    private readonly Lock _lock = new();

    /// <summary>Bytes sent so far.</summary>
    public long Bytes { get; private set; }

    /// <summary>Returns when the client has all it wants.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var requests = ReceiveAsync(ending.Token);
        var contents = SendContentsAsync(ending.Token);
        try
        {
            await AnnounceAsync(tree.Find(string.Empty)!, ending.Token).ConfigureAwait(false);
            await SendAsync(FilePacket.Announce(null), ending.Token).ConfigureAwait(false);
            await requests.ConfigureAwait(false);
            await contents.ConfigureAwait(false);
            await SendAsync(FilePacket.Finish(), ending.Token).ConfigureAwait(false);
            await stream.EndAsync(ending.Token).ConfigureAwait(false);
            while (await stream.ReadAsync(ending.Token).ConfigureAwait(false) is not null)
            {
                ending.Token.ThrowIfCancellationRequested();
            }
        }
        catch
        {
            await ending.CancelAsync().ConfigureAwait(false);
            _wanted.Writer.TryComplete();
            await Task.WhenAll(requests, contents).ContinueWith(
                static t => _ = t.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default).ConfigureAwait(false);
            throw;
        }
    }

    private async Task AnnounceAsync(SourceFile directory, CancellationToken cancellationToken)
    {
        foreach (var file in tree.List(directory).Where(f => f.Kind != FileKind.Socket))
        {
            lock (_lock)
            {
                _numbers[file] = (uint)_files.Count;
                _files.Add(file);
            }

            await SendAsync(FilePacket.Announce(Stat(file)), cancellationToken).ConfigureAwait(false);
            if (file.IsDirectory)
            {
                await AnnounceAsync(file, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private FileStat Stat(SourceFile file)
    {
        var isLink = file.Kind == FileKind.File && file.LinkKey != 0 && !_links.TryAdd(file.LinkKey, file.Path);
        return new FileStat
        {
            Path = file.Path,
            Mode = Mode(file),
            UserId = file.UserId,
            GroupId = file.GroupId,
            Size = file.Kind == FileKind.File ? file.Size : 0,
            Modified = file.Modified,
            LinkName = isLink ? _links[file.LinkKey] : file.LinkTarget,
            DeviceMajor = file.DeviceMajor,
            DeviceMinor = file.DeviceMinor,
            Xattrs = tree.Xattrs(file).ToDictionary(x => x.Key, x => x.Value),
        };
    }

    private static uint Mode(SourceFile file)
    {
        const int SetUser = 0x800;
        const int SetGroup = 0x400;
        const int Sticky = 0x200;
        return ((uint)file.Mode & GoFileMode.Permissions)
            | ((file.Mode & SetUser) != 0 ? GoFileMode.SetUser : 0)
            | ((file.Mode & SetGroup) != 0 ? GoFileMode.SetGroup : 0)
            | ((file.Mode & Sticky) != 0 ? GoFileMode.Sticky : 0)
            | file.Kind switch
            {
                FileKind.Directory => GoFileMode.Directory,
                FileKind.Symlink => GoFileMode.Symlink,
                FileKind.Fifo => GoFileMode.NamedPipe,
                FileKind.BlockDevice => GoFileMode.Device,
                FileKind.CharacterDevice => GoFileMode.Device | GoFileMode.CharacterDevice,
                _ => 0,
            };
    }

    /// <summary>Takes requests until the client says that it has all.</summary>
    private async Task ReceiveAsync(CancellationToken cancellationToken)
    {
        while (await stream.ReadAsync(cancellationToken).ConfigureAwait(false) is { } message)
        {
            var packet = FilePacket.Parse(message);
            switch (packet.Type)
            {
                case FilePacketType.Request:
                    _wanted.Writer.TryWrite(Wanted(packet.Id));
                    break;
                case FilePacketType.Finish:
                    _wanted.Writer.TryComplete();
                    return;
                case FilePacketType.Error:
                    throw GantryException.InvalidArgument($"error from receiver: {System.Text.Encoding.UTF8.GetString(packet.Data.Span)}");
                default:
                    throw GantryException.InvalidArgument($"unexpected packet of type {(int)packet.Type} from the receiver of files");
            }
        }

        throw GantryException.Unavailable("the build's client ended a copy");
    }

    private SourceFile Wanted(uint id)
    {
        lock (_lock)
        {
            return id < _files.Count && _files[(int)id].Kind == FileKind.File ? _files[(int)id] : throw GantryException.InvalidArgument($"invalid file id {id}");
        }
    }

    private async Task SendContentsAsync(CancellationToken cancellationToken)
    {
        var buffer = new byte[PieceSize];
        await foreach (var file in _wanted.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            uint number;
            lock (_lock)
            {
                number = _numbers[file];
            }

            await using var content = tree.OpenRead(file);
            int n;
            while ((n = await content.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
            {
                await SendAsync(FilePacket.Content(number, buffer.AsMemory(0, n)), cancellationToken).ConfigureAwait(false);
            }

            await SendAsync(FilePacket.Content(number, default), cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task SendAsync(FilePacket packet, CancellationToken cancellationToken)
    {
        var message = ProtoWriter.Serialize(packet);
        await _writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await stream.WriteAsync(message, cancellationToken).ConfigureAwait(false);
            Bytes += message.Length;
        }
        finally
        {
            _writing.Release();
        }
    }
}
