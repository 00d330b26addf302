using Microsoft.AspNetCore.Http;
using Microsoft.Win32.SafeHandles;

namespace Gantry.RegistryServer.Http;

/// <summary>Sends a part of a file as a response, or as the next piece of one: from the kernel where the connection has a <see cref="SocketOutput"/>, else read in large pieces straight into the server's own output buffers.</summary>
internal static class FileSender
{
    private const int Piece = 256 * 1024;

    internal static async Task SendAsync(HttpResponse response, SafeFileHandle file, ByteRange range, CancellationToken cancellationToken)
    {
        var (offset, left) = (range.Offset, range.Length);
        var output = response.HttpContext.Features.Get<SocketOutput>();
        await response.StartAsync(cancellationToken).ConfigureAwait(false);
        while (left > 0)
        {
            output?.Promise(file, offset);
            var memory = response.BodyWriter.GetMemory((int)Math.Min(output is null ? Piece : SocketOutput.MaxStandIn, left));
            var wanted = (int)Math.Min(memory.Length, left);
            var read = output?.Kept(memory) == true ? wanted : RandomAccess.Read(file, memory.Span[..wanted], offset);
            if (read == 0)
            {
                throw new IOException("a stored content is shorter than it was when opened");
            }

            response.BodyWriter.Advance(read);
            offset += read;
            left -= read;
            var result = await response.BodyWriter.FlushAsync(cancellationToken).ConfigureAwait(false);
            if (result.IsCompleted || result.IsCanceled)
            {
                return;
            }
        }
    }
}
