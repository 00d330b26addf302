using System.Buffers;
using Gantry.Runtime;

namespace Gantry.Engine.Streams;

/// <summary>How a client's connection ended.</summary>
public enum AttachEnd
{
    /// <summary>The process's output ended.</summary>
    OutputEnded = 0,

    /// <summary>The client went away.</summary>
    Disconnected,

    /// <summary>The client typed the detach keys.</summary>
    Detached,
}

/// <summary>Joins a client's connection and a process's stdio.</summary>
internal static class AttachPump
{
    private const int BufferSize = 32 * 1024;

    /// <summary>Runs until the output ends, the client goes or detaches. Does not dispose the attachment.</summary>
    /// <param name="input">What the client sends; null when it attached no stdin.</param>
    /// <param name="output">To the client; null when it attached no output (then the end of input ends it).</param>
    /// <param name="keys">Detach keys to look for, or null.</param>
    /// <param name="closeInput">End the process's stdin when the client's ends.</param>
    internal static async Task<AttachEnd> RunAsync(
        IAttachment attachment, Stream? input, Stream? output, DetachKeys? keys, bool closeInput, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var send = output is null ? null : CopyOutputAsync(attachment.Output, output, stop.Token);
        var receive = input is null ? null : CopyInputAsync(input, attachment, keys, closeInput, stop.Token);
        try
        {
            if (receive is null || send is null)
            {
                var end = await (send ?? receive ?? Task.FromResult(AttachEnd.Disconnected)).ConfigureAwait(false);
                if (receive is not null)
                {
                    // What a client sends ahead of the start waits for the process.
                    await attachment.Connected.WaitAsync(stop.Token).ConfigureAwait(false);
                }

                return end;
            }

            // The end of the client's input is not the end of the session; typed detach keys are.
            var first = await Task.WhenAny(send, receive).ConfigureAwait(false);
            if (first == receive && await receive.ConfigureAwait(false) == AttachEnd.Detached)
            {
                return AttachEnd.Detached;
            }

            return await send.ConfigureAwait(false);
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await QuietAsync(send).ConfigureAwait(false);
            await QuietAsync(receive).ConfigureAwait(false);
        }
    }

    private static async Task<AttachEnd> CopyOutputAsync(Stream from, Stream to, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            while (true)
            {
                var read = await from.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
                if (read == 0)
                {
                    return AttachEnd.OutputEnded;
                }

                await to.WriteAsync(buffer.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
            }
        }
        catch (IOException)
        {
            return AttachEnd.Disconnected;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static async Task<AttachEnd> CopyInputAsync(
        Stream from, IAttachment attachment, DetachKeys? keys, bool closeInput, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        var forward = new List<byte>();
        try
        {
            while (true)
            {
                var read = await from.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
                if (read == 0)
                {
                    break;
                }

                var data = (ReadOnlyMemory<byte>)buffer.AsMemory(0, read);
                if (keys is not null)
                {
                    forward.Clear();
                    if (keys.Filter(data.Span, forward))
                    {
                        return AttachEnd.Detached;
                    }

                    data = forward.ToArray();
                }

                await attachment.Input.WriteAsync(data, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (IOException)
        {
            // Either side is gone; the output side notices how it ends.
            return AttachEnd.Disconnected;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        if (closeInput)
        {
            await attachment.CloseInputAsync(cancellationToken).ConfigureAwait(false);
        }

        return AttachEnd.Disconnected;
    }

    /// <summary>Waits for a copy that was told to stop; how it ended doesn't matter any more.</summary>
    private static async Task QuietAsync(Task? task)
    {
        if (task is not null)
        {
            await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
