using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace Gantry.Engine.Http.Grpc;

/// <summary>A connection taken over from HTTP/1, as Kestrel wants one. The streams stay their owner's.</summary>
internal sealed class UpgradedConnection(string id, Stream input, Stream output) : ConnectionContext
{
    private readonly CancellationTokenSource _closed = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when Kestrel has let go of the connection.</summary>
    internal Task Ended => _ended.Task;

    public override IDuplexPipe Transport { get; set; } = new Pair(
        PipeReader.Create(input, new StreamPipeReaderOptions(leaveOpen: true)), PipeWriter.Create(output, new StreamPipeWriterOptions(leaveOpen: true)));

    public override string ConnectionId { get; set; } = id;

    public override IFeatureCollection Features { get; } = new FeatureCollection();

    public override IDictionary<object, object?> Items { get; set; } = new Dictionary<object, object?>();

    public override CancellationToken ConnectionClosed
    {
        get => _closed.Token;
        set => throw new NotSupportedException();
    }

    /// <summary>Wakes a reader that waits for the client.</summary>
    public override void Abort(ConnectionAbortedException abortReason)
    {
        Transport.Input.CancelPendingRead();
        _ended.TrySetResult();
    }

    public override ValueTask DisposeAsync()
    {
        _ended.TrySetResult();
        _closed.Dispose();
        return ValueTask.CompletedTask;
    }

    private sealed record Pair(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
