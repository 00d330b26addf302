using Gantry.Apps.Cli.CommandLine;
using Gantry.Apps.Cli.Running;
using Gantry.Linux;

namespace Gantry.Apps.Cli.Commands;

/// <summary>-i/--input: a file, or stdin.</summary>
internal static class InputFile
{
    /// <param name="path">Empty for stdin.</param>
    public static Stream Open(string path)
    {
        if (path.Length == 0)
        {
            return new StandardInputStream();
        }

        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 0, FileOptions.SequentialScan);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"open {path}: {FileErrors.Describe(e)}", 1);
        }
    }
}

/// <summary>Our stdin, read where it stands; reading happens on a pool thread.</summary>
internal sealed class StandardInputStream : Stream
{
    private const int Descriptor = 0;

    public override bool CanRead => true;

    public override bool CanWrite => false;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        var read = RawFiles.TryRead(Descriptor, buffer);
        return read >= 0 ? read : throw new LinuxException("read", -read, "stdin");
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        await Task.Run(() => Read(buffer.Span), cancellationToken);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
