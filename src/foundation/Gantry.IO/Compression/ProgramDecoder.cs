using Gantry.Errors;
using Gantry.IO.Streams;
using Gantry.Linux;

namespace Gantry.IO.Compression;

/// <summary>
/// Undoes a compression by a program that does so from its stdin to its stdout (<c>xz -d -c -q</c>), as Docker does for xz. The program's complaint,
/// when it makes one, is an <see cref="InvalidDataException"/> at the end of what could be read. Dispose asynchronously: the source is not read any
/// more when that returns.
/// </summary>
internal sealed class ProgramDecoder : ReadOnlyStream
{
    private readonly Stream _source;
    private readonly string _program;
    private readonly PipedProcess _process;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _feed;
    private bool _ended;

    /// <param name="source">Owned by the decoder.</param>
    /// <exception cref="GantryException">NotImplemented: the program isn't there.</exception>
    internal ProgramDecoder(string program, Stream source)
    {
        _source = source;
        _program = program;
        try
        {
            _process = PipedProcess.Start(program, ["-d", "-c", "-q"]);
        }
        catch (LinuxException e)
        {
            throw GantryException.NotImplemented($"exec: \"{program}\": {(e.Errno == Errno.ENOENT ? "executable file not found in $PATH" : e.Message)}");
        }

        _feed = FeedAsync();
    }

    public override int Read(Span<byte> buffer)
    {
        var read = _process.StandardOutput.Read(buffer);
        if (read == 0 && buffer.Length > 0)
        {
            Check(_process.Wait());
        }

        return read;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await _process.StandardOutput.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        if (read == 0 && buffer.Length > 0)
        {
            Check(await _process.WaitAsync(cancellationToken).ConfigureAwait(false));
        }

        return read;
    }

    public override async ValueTask DisposeAsync()
    {
        Dispose();
        await _feed.ConfigureAwait(false);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_ended)
        {
            _ended = true;
            _stop.Cancel();
            _process.Dispose();
            _source.Dispose();
        }

        base.Dispose(disposing);
    }

    private void Check(int exitCode)
    {
        if (exitCode != 0)
        {
            using var reader = new StreamReader(_process.StandardError);
            var complaint = reader.ReadToEnd().Trim();
            throw new InvalidDataException($"{_program}: {(complaint.Length == 0 ? $"exit status {exitCode}" : complaint)}");
        }
    }

    private async Task FeedAsync()
    {
        try
        {
            await _source.CopyToAsync(_process.StandardInput, _stop.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The program has ended or nobody wants its output any more; or the source broke off, which the program sees as an early end.
        }
        finally
        {
            try
            {
                _process.StandardInput.Close();
            }
            catch (IOException)
            {
                // The program is gone.
            }
        }
    }
}
