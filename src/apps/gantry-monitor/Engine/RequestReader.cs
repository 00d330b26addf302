using Gantry.Apps.Monitor.Processes;
using Gantry.Errors;
using Gantry.Linux;
using Gantry.Runtime.Protocol;

namespace Gantry.Apps.Monitor.Engine;

/// <summary>Turns messages into calls on the supervisor.</summary>
internal static class RequestReader
{
    public const int MaxMessage = 128 * 1024;

    private const int AttachmentEntrySize = 8;

    /// <summary>False when the message is none; descriptors are still the caller's then.</summary>
    public static bool Handle(Supervisor supervisor, EngineLink link, ReadOnlySpan<byte> message, ReadOnlySpan<int> descriptors)
    {
        if (!MessageReader.TryOpen(message, out var kind, out var requestId, out var reader))
        {
            return false;
        }

        switch (kind)
        {
            case MessageKind.Hello:
                supervisor.Greet(link, requestId);
                break;
            case MessageKind.Launch:
                return Launch(supervisor, requestId, reader, descriptors);
            case MessageKind.Adopt:
                return Adopt(supervisor, requestId, reader, descriptors);
            case MessageKind.Attach when descriptors.Length == 1:
                var attach = Target.Read(reader);
                supervisor.Attach(requestId, attach.Id, attach.ExecId, attach.AttachmentId, attach.Flags, descriptors[0]);
                break;
            case MessageKind.CloseInput:
                var close = Target.Read(reader);
                supervisor.CloseInput(requestId, close.Id, close.ExecId, close.AttachmentId);
                break;
            case MessageKind.Adopted:
                supervisor.FinishAdoption(requestId);
                break;
            case MessageKind.Forget:
                var forget = Target.Read(reader);
                supervisor.Forget(requestId, forget.Id, forget.ExecId);
                break;
            case MessageKind.Invoke:
                supervisor.Invoke(requestId, Texts(reader, Field.Argument), Texts(reader, Field.Environment));
                break;
            default:
                // A newer engine's request: say so rather than leave it waiting.
                foreach (var descriptor in descriptors)
                {
                    RawFiles.Close(descriptor);
                }

                link.SendFailed(requestId, ErrorKind.NotImplemented, $"this monitor does not know request {kind}");
                break;
        }

        return true;
    }

    private static bool Launch(Supervisor supervisor, uint requestId, MessageReader reader, ReadOnlySpan<int> descriptors)
    {
        if (ProcessRecord.Read(reader) is not { } record)
        {
            return false;
        }

        var request = new LaunchRequest { RequestId = requestId, Record = record };
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case Field.Argument:
                    request.Arguments.Add(reader.Text);
                    break;
                case Field.Environment:
                    request.Environment.Add(reader.Text);
                    break;
                case Field.PidFile:
                    request.PidFile = reader.Text;
                    break;
                case Field.RuntimeLog:
                    request.RuntimeLog = reader.Text;
                    break;
                case Field.Rows:
                    request.Rows = (int)reader.Number;
                    break;
                case Field.Columns:
                    request.Columns = (int)reader.Number;
                    break;
                case Field.Attachment when reader.Bytes.Length == AttachmentEntrySize && request.Attachments.Count < descriptors.Length:
                    var id = BitConverter.ToUInt32(reader.Bytes);
                    var flags = (AttachFlags)BitConverter.ToInt32(reader.Bytes[4..]);
                    request.Attachments.Add((id, flags, descriptors[request.Attachments.Count]));
                    break;
            }
        }

        if (request.Arguments.Count == 0)
        {
            return false;
        }

        supervisor.BeginLaunch(request);
        return true;
    }

    private static bool Adopt(Supervisor supervisor, uint requestId, MessageReader reader, ReadOnlySpan<int> descriptors)
    {
        if (ProcessRecord.Read(reader) is not { } record)
        {
            return false;
        }

        var kinds = DescriptorKinds.None;
        while (reader.Next())
        {
            if (reader.Field == Field.Descriptors)
            {
                kinds = (DescriptorKinds)reader.Number;
            }
        }

        supervisor.Adopt(requestId, record, kinds, descriptors);
        return true;
    }

    private static List<string> Texts(MessageReader reader, Field field)
    {
        var texts = new List<string>();
        while (reader.Next())
        {
            if (reader.Field == field)
            {
                texts.Add(reader.Text);
            }
        }

        return texts;
    }

    private readonly record struct Target(string Id, string ExecId, uint AttachmentId, AttachFlags Flags)
    {
        public static Target Read(MessageReader reader)
        {
            var target = new Target("", "", 0, AttachFlags.None);
            while (reader.Next())
            {
                target = reader.Field switch
                {
                    Field.Id => target with { Id = reader.Text },
                    Field.ExecId => target with { ExecId = reader.Text },
                    Field.AttachmentId => target with { AttachmentId = (uint)reader.Number },
                    Field.AttachFlags => target with { Flags = (AttachFlags)reader.Number },
                    _ => target,
                };
            }

            return target;
        }
    }
}
