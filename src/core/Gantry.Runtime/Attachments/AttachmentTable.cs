using Gantry.Runtime.Protocol;

namespace Gantry.Runtime.Attachments;

/// <summary>All attachments of this engine: those that wait for their process, and those that a monitor serves.</summary>
internal sealed class AttachmentTable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<uint, Attachment> _byId = [];
    private readonly HashSet<uint> _waiting = [];
    private uint _lastId;

    /// <summary>Ends a process's stdin through the monitor.</summary>
    public required Func<Attachment, Task> SendCloseInput { get; init; }

    /// <summary>Makes an attachment that waits for its process.</summary>
    public Attachment Add((string Id, string ExecId) key, AttachOptions options)
    {
        lock (_lock)
        {
            var attachment = new Attachment(this, ++_lastId, key, options);
            _byId.Add(attachment.Id, attachment);
            _waiting.Add(attachment.Id);
            return attachment;
        }
    }

    /// <summary>Takes the attachments that wait for a process which is being started, or which runs already.</summary>
    public List<Attachment> TakeWaiting((string Id, string ExecId) key)
    {
        lock (_lock)
        {
            var taken = _byId.Values.Where(attachment => attachment.Key == key && _waiting.Contains(attachment.Id)).ToList();
            taken.ForEach(attachment => _waiting.Remove(attachment.Id));
            return taken;
        }
    }

    /// <summary>Attachments of a process that a monitor serves, or served.</summary>
    public List<Attachment> Served((string Id, string ExecId) key)
    {
        lock (_lock)
        {
            return [.. _byId.Values.Where(attachment => attachment.Key == key && !_waiting.Contains(attachment.Id))];
        }
    }

    public Attachment? Find(uint id)
    {
        lock (_lock)
        {
            return _byId.GetValueOrDefault(id);
        }
    }

    public void Remove(Attachment attachment)
    {
        lock (_lock)
        {
            _byId.Remove(attachment.Id);
            _waiting.Remove(attachment.Id);
        }
    }

    /// <summary>Ends a process's attachments, with the process or because it did not come to be.</summary>
    public void End((string Id, string ExecId) key)
    {
        foreach (var attachment in Served(key))
        {
            attachment.End();
        }
    }

    public Task CloseInputAsync(Attachment attachment)
    {
        lock (_lock)
        {
            // What is asked for before the start is done with it.
            if (_waiting.Contains(attachment.Id))
            {
                return Task.CompletedTask;
            }
        }

        return SendCloseInput(attachment);
    }

    /// <summary>Encodes attachments for a launch; their descriptors go along in the same order.</summary>
    public static void Write(MessageWriter writer, IReadOnlyList<Attachment> attachments)
    {
        ArgumentNullException.ThrowIfNull(writer);
        Span<byte> entry = stackalloc byte[8];
        foreach (var attachment in attachments)
        {
            BitConverter.TryWriteBytes(entry, attachment.Id);
            BitConverter.TryWriteBytes(entry[4..], (int)attachment.Flags(beforeStart: true));
            writer.Add(Field.Attachment, entry);
        }
    }
}
