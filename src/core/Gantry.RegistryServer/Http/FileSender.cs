using Microsoft.AspNetCore.Http;
using Microsoft.Win32.SafeHandles;

namespace Gantry.RegistryServer.Http;

/// <summary>Copies a part of a file into a response in large pieces, read straight into the server's own output buffers.</summary>
internal static class FileSender
{
    private const int Piece = 256 * 1024;

    internal static async Task SendAsync(HttpResponse response, SafeFileHandle file, ByteRange range, CancellationToken cancellationToken)
    {
        var (offset, left) = (range.Offset, range.Length);
        while (left > 0)
        {
            var memory = response.BodyWriter.GetMemory((int)Math.Min(Piece, left));
            var wanted = (int)Math.Min(memory.Length, left);
            var read = RandomAccess.Read(file, memory.Span[..wanted], offset);
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
