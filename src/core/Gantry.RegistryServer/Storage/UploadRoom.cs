namespace Gantry.RegistryServer.Storage;

/// <summary>
/// What uploads to one repository may still write: added up from the files when it is not known, or used up. Bytes that were taken and are not in
/// the files yet are counted here. Not thread-safe.
/// </summary>
internal sealed class UploadRoom(Func<long> left)
{
    private long _left;
    private long _unwritten;

    /// <summary>False when there is not that much.</summary>
    internal bool TryTake(long bytes)
    {
        if (_left < bytes)
        {
            _left = left() - _unwritten;
        }

        if (_left < bytes)
        {
            return false;
        }

        _left -= bytes;
        _unwritten += bytes;
        return true;
    }

    /// <summary>The bytes are in a file, or will never be.</summary>
    internal void Done(long bytes) => _unwritten -= bytes;

    /// <summary>Something else came into the repository.</summary>
    internal void Forget() => _left = 0;
}
