using Gantry.Linux;

namespace Gantry.Content;

public sealed partial class ContentWriter
{
    private const int HashBuffer = 256 << 10;

    private string RangesPath => Path.Combine(_directory, "ranges");

    /// <summary>
    /// Starts writing the blob in parts of <paramref name="partSize"/> bytes, in any order and several at once, going on with what an earlier
    /// attempt left of each. Its size must be known. Don't <see cref="Write"/> meanwhile; dispose the ranges first.
    /// </summary>
    public ContentRanges BeginRanges(int partSize)
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        var size = _expectedSize ?? throw new InvalidOperationException("Only a blob of known size can be written in parts.");
        return new ContentRanges(this, _file.SafeFileHandle, RangesPath, size, partSize);
    }

    /// <summary>Hashes the bytes that follow <see cref="Offset"/> in the file, which makes them the blob's.</summary>
    internal void Advance(long available, byte[] buffer)
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        while (available > 0)
        {
            var read = RandomAccess.Read(_file.SafeFileHandle, buffer.AsSpan(0, (int)Math.Min(buffer.Length, available)), Offset);
            if (read == 0)
            {
                throw new IOException("a partial blob became shorter");
            }

            _hash.Append(buffer.AsSpan(0, read));
            available -= read;
            Moved(read);
        }
    }

    internal static byte[] NewHashBuffer() => new byte[HashBuffer];

    private void Moved(int bytes)
    {
        Offset += bytes;
        Tell();
        if (Offset - _writtenBack >= WriteBackStep)
        {
            FileData.StartWriteBack((int)_file.SafeFileHandle.DangerousGetHandle(), _writtenBack, Offset - _writtenBack);
            _writtenBack = Offset;
            _ingest.Advance(Offset);
        }
    }

    /// <summary>What comes next is written in one go: parts further on are given up.</summary>
    private void ForgetRanges()
    {
        if (File.Exists(RangesPath))
        {
            File.Delete(RangesPath);
            _file.SetLength(Offset);
        }
    }
}
