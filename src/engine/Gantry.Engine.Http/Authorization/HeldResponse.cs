using System.Buffers;
using System.IO.Pipelines;
using Gantry.IO.Streams;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Gantry.Engine.Http.Authorization;

/// <summary>
/// Keeps a response back until plugins have seen it. One that is larger than they are shown, or that is a stream, goes out as it comes, as in dockerd:
/// they are asked at its end.
/// </summary>
internal sealed class HeldResponse : WriteOnlyStream, IHttpResponseBodyFeature
{
    private const int MaxHeld = 64 * 1024;
    private readonly HttpContext _context;
    private readonly IHttpResponseBodyFeature _inner;
    private readonly ArrayBufferWriter<byte> _held = new();

    internal HeldResponse(HttpContext context, IHttpResponseBodyFeature inner)
    {
        _context = context;
        _inner = inner;
        Writer = PipeWriter.Create(this, new StreamPipeWriterOptions(leaveOpen: true));
    }

    public PipeWriter Writer { get; }

    Stream IHttpResponseBodyFeature.Stream => this;

    /// <summary>What has not been sent.</summary>
    internal ReadOnlyMemory<byte> Body => _held.WrittenMemory;

    /// <summary>A response of known length comes to its end by itself; what is flushed before is a stream's.</summary>
    private bool IsWhole => _context.Response.ContentLength is <= MaxHeld;

    public override async Task FlushAsync(CancellationToken cancellationToken)
    {
        if (!IsWhole)
        {
            await ReleaseAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_held.WrittenCount + buffer.Length > MaxHeld)
        {
            await ReleaseAsync(cancellationToken).ConfigureAwait(false);
            await _inner.Stream.WriteAsync(buffer, cancellationToken).ConfigureAwait(false);
            return;
        }

        _held.Write(buffer.Span);
    }

    public Task StartAsync(CancellationToken cancellationToken = default) => FlushAsync(cancellationToken);

    public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) =>
        SendFileFallback.SendFileAsync(this, path, offset, count, cancellationToken);

    public Task CompleteAsync() => Task.CompletedTask;

    public void DisableBuffering() => _inner.DisableBuffering();

    /// <summary>Takes over what the handler's writer still holds.</summary>
    internal async Task CompleteWriterAsync() => await Writer.CompleteAsync().ConfigureAwait(false);

    /// <summary>Sends what is held.</summary>
    internal async Task ReleaseAsync(CancellationToken cancellationToken)
    {
        await _inner.StartAsync(cancellationToken).ConfigureAwait(false);
        if (_held.WrittenCount > 0)
        {
            var body = _held.WrittenMemory.ToArray();
            _held.Clear();
            await _inner.Stream.WriteAsync(body, cancellationToken).ConfigureAwait(false);
        }

        await _inner.Stream.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    public override void Flush() => throw new NotSupportedException("responses are written without blocking");

    public override void Write(ReadOnlySpan<byte> buffer) => throw new NotSupportedException("responses are written without blocking");
}
