using System.Buffers.Binary;
using Gantry.Engine.Containers.State;
using Gantry.Errors;
using Gantry.IO.Protobuf;
using Gantry.Linux;
using Gantry.Logs;
using Gantry.Logs.Drivers;

namespace Gantry.Engine.Containers.Logs.Plugins;

/// <summary>
/// Sends entries to a plugin through a named pipe: each is a length (32 bits, big endian) and a message of protocol buffers. A plugin that ended is told again
/// of the container when it is back.
/// </summary>
internal sealed class PluginLogDestination(Func<LogPlugin> find, ContainerRecord record, LogSubject subject) : ILogDestination
{
    /// <summary>How long a plugin may take to open the pipe that it was told of.</summary>
    private static readonly TimeSpan s_opening = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(10);
    private readonly string _file = $"{LogPlugin.Folder}/{record.Id}";
    private LogPlugin? _plugin;
    private int _pipe = -1;

    public DestinationPolicy Policy { get; } = new();

    public async Task ConnectAsync(CancellationToken cancellationToken)
    {
        Close();
        try
        {
            _plugin = find();
            var path = MakePipe(_plugin.FolderOnHost);
            var plugin = _plugin;

            // Some open the pipe before they answer, and wait in that for its other end.
            var starting = Task.Run(() => plugin.Start(_file, Subject()), cancellationToken);
            _pipe = await OpenAsync(path, starting, cancellationToken).ConfigureAwait(false);
            await starting.ConfigureAwait(false);
        }
        catch (Exception e) when (e is GantryException or LinuxException or IOException and not LogDestinationException or UnauthorizedAccessException)
        {
            throw new LogDestinationException(e.Message, e);
        }
    }

    public async Task SendAsync(IReadOnlyList<LogEntry> entries, CancellationToken cancellationToken)
    {
        foreach (var entry in entries)
        {
            await WriteAsync(Encode(entry), cancellationToken).ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_pipe < 0)
        {
            return;
        }

        Close();
        try
        {
            var plugin = _plugin!;
            await Task.Run(() => plugin.Stop(_file)).ConfigureAwait(false);
            File.Delete(Path.Combine(plugin.FolderOnHost, record.Id));
        }
        catch (Exception e) when (e is GantryException or IOException or UnauthorizedAccessException)
        {
            // The plugin is gone, and what it had with it.
        }
    }

    /// <summary>Its folder is the plugin's own: what is there under the name makes room.</summary>
    private string MakePipe(string folder)
    {
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, record.Id);
        File.Delete(path);
        Pipes.MakeFifo(path, 0x180);
        return path;
    }

    /// <summary>Without waiting for a reader that may never come.</summary>
    private static async Task<int> OpenAsync(string path, Task starting, CancellationToken cancellationToken)
    {
        for (var limit = DateTime.UtcNow + s_opening; ;)
        {
            var pipe = FileAt.TryOpen(FileAt.CurrentDirectory, path, OpenAtFlags.WriteOnly | OpenAtFlags.NonBlocking | OpenAtFlags.NoFollow);
            if (pipe >= 0)
            {
                return pipe;
            }

            if (starting.IsFaulted)
            {
                await starting.ConfigureAwait(false);
            }

            if (pipe != -Errno.ENXIO || DateTime.UtcNow > limit)
            {
                throw new LogDestinationException($"error opening plugin fifo: {path}");
            }

            await Task.Delay(s_pause, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task WriteAsync(byte[] message, CancellationToken cancellationToken)
    {
        for (var written = 0; written < message.Length;)
        {
            var count = RawFiles.TryWrite(_pipe, message.AsSpan(written));
            if (count == -Errno.EAGAIN)
            {
                await Task.Delay(s_pause, cancellationToken).ConfigureAwait(false);
                continue;
            }

            if (count <= 0)
            {
                Close();
                throw new LogDestinationException("the logging plugin has closed its pipe");
            }

            written += count;
        }
    }

    /// <summary>A length and the message <c>LogEntry</c>: source, time in nanoseconds, line, and whether more of the line follows.</summary>
    private static byte[] Encode(LogEntry entry)
    {
        var line = entry.Line.Span;
        var isWhole = line is [.., (byte)'\n'];
        var message = new ProtoWriter()
            .Text(1, entry.Stream == LogStream.Stderr ? "stderr" : "stdout")
            .Int64(2, entry.Timestamp)
            .Bytes(3, isWhole ? line[..^1] : line)
            .Bool(4, !isWhole)
            .Written.Span;
        var framed = new byte[4 + message.Length];
        BinaryPrimitives.WriteInt32BigEndian(framed, message.Length);
        message.CopyTo(framed.AsSpan(4));
        return framed;
    }

    private LogPluginSubject Subject() => new()
    {
        Config = subject.Options,
        ContainerId = record.Id,
        ContainerName = "/" + record.Name,
        ContainerEntrypoint = record.Path,
        ContainerArgs = record.Args,
        ContainerImageId = record.ImageId,
        ContainerImageName = subject.ImageName,
        ContainerCreated = record.Created,
        ContainerEnv = subject.Environment,
        ContainerLabels = subject.Labels,
    };

    private void Close()
    {
        if (_pipe >= 0)
        {
            FileAt.Close(_pipe);
            _pipe = -1;
        }
    }
}
