using System.Security.Cryptography;
using Gantry.BuildKit;
using Gantry.Errors;
using Gantry.IO.Protobuf;
using Gantry.IO.Streams;

namespace Gantry.Build.Context;

/// <summary>
/// A folder of the client, copied as it is needed: the names come first, a file's content is asked for when something looks at it. A build whose steps use
/// little of a large folder moves little (docs/design/buildkit.md). What the client sends is not trusted.
/// </summary>
internal sealed class ContextSync : IDisposable
{
    private readonly IMessageStream _stream;
    private readonly ContextSpool _spool;
    private readonly Action<long> _onBytes;
    private readonly ContextMemory? _memory;
    private readonly CancellationTokenSource _cancellation;
    private readonly Lock _lock = new();
    private readonly Dictionary<uint, Transfer> _running = [];
    private readonly SemaphoreSlim _writing = new(1, 1);
    private Exception? _failure;
    private long _bytes;

    private ContextSync(IMessageStream stream, ContextSpool spool, Action<long> onBytes, ContextMemory? memory, CancellationToken cancellationToken)
    {
        _memory = memory;
        _stream = stream;
        _spool = spool;
        _onBytes = onBytes;
        _cancellation = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
    }

    /// <summary>Reads the names; contents can be fetched from then on, until the tree is disposed.</summary>
    /// <param name="spool">Takes the contents; the tree's from here on.</param>
    /// <param name="onBytes">Hears how many bytes have come so far.</param>
    /// <param name="memory">Checksums known from before; null to know of none.</param>
    /// <exception cref="GantryException">InvalidArgument: the client sends what is no tree of files; Unavailable: it has gone.</exception>
    public static async Task<ContextTree> OpenAsync(
        IBuildClient client, FileRequest request, ContextSpool spool, Action<long> onBytes, ContextMemory? memory, CancellationToken cancellationToken)
    {
        var sync = new ContextSync(client.OpenFiles(request, cancellationToken), spool, onBytes, memory, cancellationToken);
        try
        {
            var root = await sync.ReadNamesAsync(cancellationToken).ConfigureAwait(false);
            _ = Task.Run(sync.ReceiveAsync, CancellationToken.None);
            return new ContextTree(root, spool, sync);
        }
        catch
        {
            sync.Dispose();
            await sync._stream.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Returns when the contents of all these files are in the spool.</summary>
    public async Task FetchAsync(IReadOnlyList<ContextNode> files, CancellationToken cancellationToken)
    {
        var (fresh, waiting) = Register(files);
        foreach (var transfer in fresh)
        {
            await SendAsync(FilePacket.Request(transfer.Node.Number), cancellationToken).ConfigureAwait(false);
        }

        foreach (var transfer in waiting)
        {
            await transfer.Done.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Tells the client, as far as it listens, that nothing more is wanted.</summary>
    public void Dispose()
    {
        if (_memory is not null)
        {
            _memory.Store.Keep(_memory.Folder);
        }

        _ = Task.Run(FinishAsync);
    }

    private async Task FinishAsync()
    {
        try
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(5));
            await SendAsync(FilePacket.Finish(), patience.Token).ConfigureAwait(false);
            await _stream.EndAsync(patience.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is GantryException or OperationCanceledException)
        {
            // It has gone before.
        }

        await _cancellation.CancelAsync().ConfigureAwait(false);
    }

    private (List<Transfer> Fresh, List<Transfer> Waiting) Register(IReadOnlyList<ContextNode> files)
    {
        var fresh = new List<Transfer>();
        var waiting = new List<Transfer>();
        lock (_lock)
        {
            if (_failure is not null)
            {
                throw Failed(_failure);
            }

            foreach (var node in files.Where(f => !f.IsHere))
            {
                if (!_running.TryGetValue(node.Number, out var transfer))
                {
                    _running[node.Number] = transfer = new Transfer(node, _spool, _memory?.Folder);
                    fresh.Add(transfer);
                }

                waiting.Add(transfer);
            }
        }

        return (fresh, waiting);
    }

    private async Task<ContextNode> ReadNamesAsync(CancellationToken cancellationToken)
    {
        var names = new SyncedNames(_memory?.Folder);
        while (await NextAsync(cancellationToken).ConfigureAwait(false) is { } packet)
        {
            switch (packet.Type)
            {
                case FilePacketType.Stat when packet.Stat is null:
                    return names.Root;
                case FilePacketType.Stat:
                    names.Add(packet.Stat);
                    break;
                default:
                    throw Unexpected(packet);
            }
        }

        throw GantryException.InvalidArgument("the build's client ended a copy before all files were announced");
    }

    private async Task ReceiveAsync()
    {
        try
        {
            while (await NextAsync(_cancellation.Token).ConfigureAwait(false) is { } packet && packet.Type != FilePacketType.Finish)
            {
                Take(packet);
            }

            Fail(GantryException.Unavailable("the build's client ended a copy"));
        }
        catch (Exception e)
        {
            Fail(e);
        }
        finally
        {
            await _stream.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async ValueTask<FilePacket?> NextAsync(CancellationToken cancellationToken)
    {
        if (await _stream.ReadAsync(cancellationToken).ConfigureAwait(false) is not { } message)
        {
            return null;
        }

        var packet = FilePacket.Parse(message);
        _onBytes(_bytes += message.Length);
        return packet.Type == FilePacketType.Error
            ? throw GantryException.InvalidArgument($"error from sender: {System.Text.Encoding.UTF8.GetString(packet.Data.Span)}") : packet;
    }

    private void Take(FilePacket packet)
    {
        if (packet.Type != FilePacketType.Data)
        {
            throw Unexpected(packet);
        }

        Transfer? transfer;
        lock (_lock)
        {
            if (!_running.TryGetValue(packet.Id, out transfer))
            {
                throw GantryException.InvalidArgument($"invalid file request {packet.Id}");
            }
        }

        if (!packet.Data.IsEmpty)
        {
            transfer.Add(packet.Data.Span);
            return;
        }

        // Known as there before it is no longer known as running, so that nobody asks for it again.
        transfer.Complete();
        lock (_lock)
        {
            _running.Remove(packet.Id);
        }
    }

    private void Fail(Exception failure)
    {
        lock (_lock)
        {
            _failure = failure;
            foreach (var transfer in _running.Values)
            {
                transfer.Fail(Failed(failure));
            }

            _running.Clear();
        }
    }

    private async Task SendAsync(FilePacket packet, CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await _stream.WriteAsync(ProtoWriter.Serialize(packet), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _writing.Release();
        }
    }

    private static Exception Failed(Exception failure) => failure is GantryException e ? new GantryException(e.Kind, e.Message, e)
        : GantryException.Unavailable("the copy of the build's files was ended", failure);

    private static GantryException Unexpected(FilePacket packet) => GantryException.InvalidArgument($"unexpected packet of type {(int)packet.Type} in a copy of files");

    /// <summary>A content on its way.</summary>
    private sealed class Transfer(ContextNode node, ContextSpool spool, KnownFolder? known)
    {
        private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private long _offset = spool.Reserve(node.Size);
        private long _reserved = node.Size;
        private long _length;

        internal ContextNode Node => node;

        internal Task Done => _done.Task;

        internal void Add(ReadOnlySpan<byte> data)
        {
            if (_length + data.Length > _reserved)
            {
                Move(_length + data.Length);
            }

            spool.Write(_offset + _length, data);
            _hash.AppendData(data);
            _length += data.Length;
        }

        /// <summary>A file may have changed since it was announced: what came is what it is.</summary>
        internal void Complete()
        {
            var announced = node.Size;
            (node.Offset, node.Size) = (_offset, _length);
            node.Hash = _hash.GetHashAndReset();
            node.IsHere = true;
            if (announced == _length)
            {
                known?.Note(node.Path, _length, node.Modified, node.Hash);
            }

            _hash.Dispose();
            _done.TrySetResult();
        }

        internal void Fail(Exception failure)
        {
            _hash.Dispose();
            _done.TrySetException(failure);
            _ = _done.Task.Exception;
        }

        private void Move(long atLeast)
        {
            if (atLeast > SyncedNames.MaxFileSize)
            {
                throw GantryException.InvalidArgument("a file of the build's client is too large");
            }

            var reserved = Math.Max(atLeast, 2 * _reserved);
            var offset = spool.Reserve(reserved);
            var buffer = new byte[1 << 16];
            for (long copied = 0; copied < _length;)
            {
                var n = spool.Read(buffer.AsSpan(0, (int)Math.Min(buffer.Length, _length - copied)), _offset + copied);
                spool.Write(offset + copied, buffer.AsSpan(0, n));
                copied += n;
            }

            (_offset, _reserved) = (offset, reserved);
        }
    }
}
