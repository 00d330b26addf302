using Gantry.Errors;
using Gantry.IO.Compression;

namespace Gantry.Build.Context;

/// <summary>Reads a context that is a tar, plain or compressed.</summary>
internal static class TarContext
{
    /// <param name="tar">Read to its end; stays the caller's.</param>
    public static async Task<ContextTree> ReadAsync(Stream tar, BuildFolders folders, CancellationToken cancellationToken)
    {
        var spool = new ContextSpool(folders.Temporary);
        try
        {
            await using var plain = await Decompression.OpenAsync(tar, leaveOpen: true, cancellationToken).ConfigureAwait(false);
            return new ContextTree(await new ContextReader(spool).ReadAsync(plain, cancellationToken).ConfigureAwait(false), spool);
        }
        catch (Exception e)
        {
            spool.Dispose();
            throw e is GantryException { Kind: ErrorKind.DataCorrupt } or InvalidDataException
                ? GantryException.Internal($"Error processing tar file: {e.Message}", e) : e;
        }
    }
}
