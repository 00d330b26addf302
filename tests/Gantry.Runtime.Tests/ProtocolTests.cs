using CsCheck;
using Gantry.Runtime.Protocol;

namespace Gantry.Runtime.Tests;

public class ProtocolTests
{
    [Fact]
    public void A_record_comes_back_as_it_was()
    {
        var text = Gen.String;
        Gen.Select(text, text, text, Gen.Int, Gen.Long, Gen.Long).Sample((path, attributes, runtime, pid, started, size) =>
        {
            var record = new ProcessRecord
            {
                Id = "c1",
                ExecId = "e1",
                Flags = ProcessFlags.Exited | ProcessFlags.Tty,
                Directory = "/run/x",
                RuntimeName = Roundtrip(runtime),
                LogPath = "/" + Roundtrip(path),
                LogAttributes = Roundtrip(attributes),
                LogMaxSize = size,
                LogMaxFiles = 3,
                Pid = pid == 0 ? 1 : pid,
                StartedAt = started,
                WaitStatus = 256,
                ExitedAt = started,
            };
            var writer = new MessageWriter();
            record.Write(writer.Begin(MessageKind.Exited, 7));
            Assert.True(MessageReader.TryOpen(writer.Message, out var kind, out var request, out var reader));
            Assert.Equal((MessageKind.Exited, 7u), (kind, request));
            var read = ProcessRecord.Read(reader)!;
            Assert.Equal(Values(record), Values(read));
        }, iter: 300);
    }

    [Fact]
    public void Any_bytes_can_be_read_without_failing()
    {
        Gen.Byte.Array[0, 200].Sample(bytes =>
        {
            if (MessageReader.TryOpen(bytes, out _, out _, out var reader))
            {
                _ = ProcessRecord.Read(reader);
            }

            _ = ProcessRecord.Read(MessageReader.OfFields(bytes));
        });
    }

    [Fact]
    public void Fields_of_a_newer_version_are_skipped()
    {
        var writer = new MessageWriter();
        writer.Begin(MessageKind.Process, 0).Add((Field)200, "later").Add(Field.Id, "c1").Add((Field)201, 5).Add(Field.Pid, 9);
        Assert.True(MessageReader.TryOpen(writer.Message, out _, out _, out var reader));
        Assert.Equal(9, ProcessRecord.Read(reader)!.Pid);
    }

    // Lone surrogates have no UTF-8 form.
    private static string Roundtrip(string text) => System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(text));

    private static object Values(ProcessRecord record) => (
        record.Id, record.ExecId, record.Flags, record.Directory, record.RuntimeName, record.LogPath,
        (record.LogAttributes, record.LogMaxSize, record.LogMaxFiles, record.Pid, record.StartedAt, record.WaitStatus, record.ExitedAt));
}
