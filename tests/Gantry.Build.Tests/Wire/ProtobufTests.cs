using Gantry.BuildKit;
using Gantry.Errors;
using Gantry.IO.Protobuf;

namespace Gantry.Build.Tests.Wire;

/// <summary>The bytes of protocol buffers messages, against examples of the encoding's documentation and of real clients.</summary>
public sealed class ProtobufTests
{
    [Theory]
    [InlineData(1, 150, "089601")]
    [InlineData(2, 1, "1001")]
    [InlineData(1, -1, "08FFFFFFFFFFFFFFFFFF01")]
    [InlineData(1000, 0, "")]
    public void Numbers(int field, long value, string bytes)
    {
        Assert.Equal(bytes, Convert.ToHexString(new ProtoWriter().Int64(field, value).Written.Span));
        var reader = new ProtoReader(Convert.FromHexString(bytes));
        if (bytes.Length > 0)
        {
            Assert.True(reader.Next());
            Assert.Equal((field, value), (reader.Field, reader.Int64()));
        }

        Assert.False(reader.Next());
    }

    [Fact]
    public void Texts_and_maps()
    {
        Assert.Equal("120774657374696E67", Convert.ToHexString(new ProtoWriter().Text(2, "testing").Written.Span));
        var map = new ProtoWriter().TextMap(7, [new("filename", "Dockerfile"), new("empty", "")]).Text(6, "dockerfile.v0").Written;
        var request = SolveRequest.Parse(map.Span);
        Assert.Equal("Dockerfile", request.FrontendAttributes["filename"]);
        Assert.Equal(string.Empty, request.FrontendAttributes["empty"]);
        Assert.Equal("dockerfile.v0", request.Frontend);
    }

    [Fact]
    public void Times_have_seconds_and_nanoseconds()
    {
        var time = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000).AddTicks(5);
        Assert.Equal("0A0908" + "80E2CFAA06" + "10F403", Convert.ToHexString(new ProtoWriter().Time(1, time).Written.Span));
    }

    [Theory]
    [InlineData("08")]
    [InlineData("0AFF")]
    [InlineData("0AFFFFFFFF0F41")]
    [InlineData("00")]
    [InlineData("0B")]
    [InlineData("0F00")]
    [InlineData("08FFFFFFFFFFFFFFFFFFFFFF01")]
    [InlineData("0D0102")]
    [InlineData("3A020A05")]
    public void What_is_no_message_is_refused(string bytes)
    {
        var failure = Assert.Throws<GantryException>(() => SolveRequest.Parse(Convert.FromHexString(bytes)));
        Assert.Equal(ErrorKind.InvalidArgument, failure.Kind);
    }

    [Fact]
    public void A_field_of_another_type_is_refused() =>
        Assert.Throws<GantryException>(() => FilePacket.Parse(new ProtoWriter().Text(1, "not a number").Written));

    [Fact]
    public void Unknown_fields_are_passed_over()
    {
        var message = Convert.FromHexString("F90701020304050607" + "08" + "FD0701020304" + "F80705" + "0A0178");
        Assert.Equal("x", SingleField.Text(message));
    }

    [Fact]
    public void Packets_survive_the_way()
    {
        var stat = new FileStat
        {
            Path = "d/ä", Mode = GoFileMode.Directory | 0x1ed, UserId = 1, GroupId = 2, Size = 3, Modified = -4, LinkName = "l", DeviceMajor = 5, DeviceMinor = 6,
            Xattrs = new Dictionary<string, byte[]> { ["user.a"] = [1, 2] },
        };
        var there = FilePacket.Parse(ProtoWriter.Serialize(FilePacket.Announce(stat))).Stat!;
        Assert.Equal(stat with { Xattrs = there.Xattrs }, there);
        Assert.Equal([1, 2], there.Xattrs["user.a"]);
        var data = FilePacket.Parse(ProtoWriter.Serialize(FilePacket.Content(9, "abc"u8.ToArray())));
        Assert.Equal((FilePacketType.Data, 9u, "abc"), (data.Type, data.Id, System.Text.Encoding.UTF8.GetString(data.Data.Span)));
    }

    [Fact]
    public void A_result_that_is_returned_names_its_reference()
    {
        var reference = new GatewayResult { Ref = new GatewayRef("id", default), Metadata = new Dictionary<string, byte[]> { ["m"] = [7] } };
        var request = ReturnRequest.Parse(new ProtoWriter().Message(1, reference).Written.Span);
        Assert.Equal("id", request.Result!.Ref!.Id);
        Assert.Equal([7], request.Result.Metadata["m"]);
        Assert.Equal("why", ReturnRequest.Parse(new ProtoWriter().Message(2, new RpcStatus(2, "why", [])).Written.Span).Error!.Message);
    }
}
