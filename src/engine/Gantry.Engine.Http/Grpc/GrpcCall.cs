using Gantry.Errors;
using Gantry.IO.Grpc;
using Gantry.IO.Protobuf;
using Microsoft.AspNetCore.Http;

namespace Gantry.Engine.Http.Grpc;

/// <summary>One call of a gRPC method: messages from the client and to it.</summary>
internal sealed class GrpcCall(HttpContext context, EngineHost engine, CancellationToken aborted)
{
    internal EngineHost Engine { get; } = engine;

    /// <summary>Fires when the client has cancelled, gone, or its deadline is over.</summary>
    internal CancellationToken Aborted { get; } = aborted;

    /// <summary>A value the client sent along, or empty.</summary>
    internal string Metadata(string name) => context.Request.Headers[name].ToString();

    /// <summary>The next message, or null after the last.</summary>
    internal ValueTask<ReadOnlyMemory<byte>?> ReadAsync() => GrpcFrames.ReadAsync(context.Request.Body, Aborted);

    /// <summary>The one message of a call that has one.</summary>
    internal async ValueTask<ReadOnlyMemory<byte>> ReadSingleAsync() =>
        await ReadAsync().ConfigureAwait(false) ?? throw GantryException.InvalidArgument("grpc: the request has no message");

    internal ValueTask WriteAsync(IProtoMessage message) => WriteAsync(ProtoWriter.Serialize(message));

    internal ValueTask WriteAsync(ReadOnlyMemory<byte> message) => GrpcFrames.WriteAsync(context.Response.Body, message, Aborted);

    /// <summary>Answers with a message without a field.</summary>
    internal ValueTask WriteEmptyAsync() => WriteAsync(ReadOnlyMemory<byte>.Empty);
}
