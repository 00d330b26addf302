using Gantry.Errors;
using Gantry.Linux;
using Gantry.Runtime.Protocol;

namespace Gantry.Runtime.Monitoring;

/// <summary>A message from the monitor. Its descriptors belong to whoever handles it; <see cref="CloseDescriptors"/> when nobody does.</summary>
internal sealed class MonitorReply
{
    public MonitorReply(MessageKind kind, byte[] message, int[] descriptors)
    {
        Kind = kind;
        Message = message;
        Descriptors = descriptors;
    }

    public MessageKind Kind { get; }

    public byte[] Message { get; }

    public int[] Descriptors { get; }

    public MessageReader Fields
    {
        get
        {
            _ = MessageReader.TryOpen(Message, out _, out _, out var reader);
            return reader;
        }
    }

    public long Number(Field field)
    {
        var reader = Fields;
        while (reader.Next())
        {
            if (reader.Field == field)
            {
                return reader.Number;
            }
        }

        return 0;
    }

    public string Text(Field field)
    {
        var reader = Fields;
        while (reader.Next())
        {
            if (reader.Field == field)
            {
                return reader.Text;
            }
        }

        return "";
    }

    /// <summary>Throws what the monitor reports as a failure.</summary>
    public MonitorReply ThrowIfFailed() => Kind == MessageKind.Failed
        ? throw new GantryException((ErrorKind)Number(Field.ErrorKind), Text(Field.Text))
        : this;

    public void CloseDescriptors()
    {
        foreach (var descriptor in Descriptors)
        {
            RawFiles.Close(descriptor);
        }
    }
}

/// <summary>The monitor went away before it answered: it was killed. What was asked may or may not have happened.</summary>
internal sealed class MonitorLostException : IOException
{
    public MonitorLostException()
        : base("the monitor ended unexpectedly")
    {
    }
}
