using Gantry.Errors;
using Gantry.IO.Grpc;

namespace Gantry.Build.Tests.Wire;

public sealed class GrpcFramesTests
{
    [Fact]
    public async Task Messages_follow_each_other()
    {
        using var body = new MemoryStream();
        var large = new byte[300_000];
        Random.Shared.NextBytes(large);
        await GrpcFrames.WriteAsync(body, large, CancellationToken.None);
        await GrpcFrames.WriteAsync(body, ReadOnlyMemory<byte>.Empty, CancellationToken.None);
        body.Position = 0;

        Assert.Equal(large, (await GrpcFrames.ReadAsync(body, CancellationToken.None))!.Value.ToArray());
        Assert.Equal(0, (await GrpcFrames.ReadAsync(body, CancellationToken.None))!.Value.Length);
        Assert.Null(await GrpcFrames.ReadAsync(body, CancellationToken.None));
    }

    [Theory]
    [InlineData("0000", ErrorKind.InvalidArgument)]
    [InlineData("0000000005AA", ErrorKind.InvalidArgument)]
    [InlineData("010000000100", ErrorKind.NotImplemented)]
    [InlineData("0001000001", ErrorKind.ResourceExhausted)]
    [InlineData("00FFFFFFFF", ErrorKind.ResourceExhausted)]
    public async Task What_is_no_message_is_refused(string bytes, ErrorKind kind)
    {
        var failure = await Assert.ThrowsAsync<GantryException>(() => GrpcFrames.ReadAsync(new MemoryStream(Convert.FromHexString(bytes)), CancellationToken.None).AsTask());
        Assert.Equal(kind, failure.Kind);
    }
}
