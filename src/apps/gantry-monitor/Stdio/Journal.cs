using System.Diagnostics;
using System.Text;
using Gantry.Linux;
using Gantry.Logs;

namespace Gantry.Apps.Monitor.Stdio;

/// <summary>
/// Output on its way from a pipe to a log, in memory that survives the monitor's death (a mapped file in the exec root): whatever instruction
/// a kill hits, the next monitor finds every byte either still in the pipe, here, or in the log, and knows which. It relies on stores
/// being seen in program order after the process died, which a shared mapping gives, and on a pipe read of exactly the available bytes being
/// all or nothing.
/// </summary>
internal sealed unsafe class Journal : ILogProgress, IDisposable
{
    private const int SentinelSize = 16;

    private readonly string _path;
    private SharedMemory _memory;
    private readonly Stack<int> _free = [];
    private int _doneBefore;

    private Journal(string path, SharedMemory memory)
    {
        _path = path;
        _memory = memory;
    }

    /// <summary>Where reads go; 16 KiB before it are scratch.</summary>
    public byte* Data => _memory.Address + JournalLayout.DataStart;

    /// <summary>The slot whose output a killed monitor left half done, or -1. Nothing may be read before it is resumed or dropped.</summary>
    public int UnfinishedSlot { get; private set; } = -1;

    /// <summary>Where the log ended before the unfinished batch.</summary>
    public long UnfinishedFileSize => Current.FileSize;

    private JournalHeader* Header => (JournalHeader*)_memory.Address;

    private ref BatchRecord Current => ref Header->Selector == 0 ? ref Header->First : ref Header->Second;

    /// <summary>Opens what the last monitor left, or a new one.</summary>
    public static Journal Open(string path)
    {
        var fd = RawFiles.Open(path, OpenFlags.ReadWrite | OpenFlags.Create, 0x180);
        try
        {
            var existing = RawFiles.Size(fd);
            if (existing < JournalLayout.FileSize(JournalLayout.InitialSlots))
            {
                RawFiles.Truncate(fd, 0);
                RawFiles.Truncate(fd, existing = JournalLayout.FileSize(JournalLayout.InitialSlots));
            }

            var journal = new Journal(path, SharedMemory.Map(fd, existing));
            journal.Restore();
            return journal;
        }
        finally
        {
            RawFiles.Close(fd);
        }
    }

    /// <summary>The slot that belongs to a stream, or -1.</summary>
    public int FindSlot(string key)
    {
        for (var i = 0; i < Header->Slots; i++)
        {
            if (Slot(i)->Used != 0 && SlotKey(i).SequenceEqual(Encoding.UTF8.GetBytes(key)))
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>Takes a slot for a stream.</summary>
    public int TakeSlot(string key)
    {
        if (_free.Count == 0)
        {
            Grow();
        }

        var index = _free.Pop();
        var slot = Slot(index);
        *slot = default;
        slot->KeyLength = Encoding.UTF8.GetBytes(key, new Span<byte>((byte*)slot + sizeof(SlotHeader), JournalLayout.MaxKey));
        Volatile.Write(ref slot->Used, 1);
        return index;
    }

    public void ReleaseSlot(int index)
    {
        Volatile.Write(ref Slot(index)->Used, 0);
        _free.Push(index);
    }

    /// <summary>Releases the slots that no living stream claimed after a restart, and what was unfinished in one of them.</summary>
    public void ReleaseUnclaimed(Predicate<int> isClaimed)
    {
        if (UnfinishedSlot >= 0 && !isClaimed(UnfinishedSlot))
        {
            DropUnfinished();
        }

        for (var i = 0; i < Header->Slots; i++)
        {
            if (Slot(i)->Used != 0 && !isClaimed(i))
            {
                ReleaseSlot(i);
            }
        }
    }

    /// <summary>Announces a read of exactly <paramref name="count"/> available bytes into <see cref="Data"/>.</summary>
    public void BeginRead(int slot, int count, long fileSize)
    {
        WriteSentinel(count);
        Publish(new BatchRecord { State = BatchState.Reading, Slot = slot, Length = count, FileSize = fileSize });
    }

    /// <summary>Tells what the read gave; nothing when negative or 0.</summary>
    public void EndRead(int count)
    {
        var record = Current;
        record.State = count > 0 ? BatchState.Received : BatchState.Idle;
        record.Length = count;
        Publish(record);
    }

    /// <summary>Takes bytes that were read without announcement.</summary>
    public void AcceptRead(int slot, int count, long fileSize) =>
        Publish(new BatchRecord { State = BatchState.Received, Slot = slot, Length = count, FileSize = fileSize });

    /// <summary>The stream's incomplete line and what was read, as one piece, less what is in the log already.</summary>
    public ReadOnlySpan<byte> Input()
    {
        var slot = Slot(Current.Slot);
        var carry = new ReadOnlySpan<byte>(Carry(slot, slot->ActiveCarry), slot->CarryLength);
        carry.CopyTo(new Span<byte>(Data - carry.Length, carry.Length));
        return new ReadOnlySpan<byte>(Data - carry.Length, carry.Length + Current.Length)[Current.Done..];
    }

    /// <inheritdoc/>
    void ILogProgress.Written(int consumed, long fileSize)
    {
        var record = Current;
        record.Done = _doneBefore + consumed;
        record.FileSize = fileSize;
        Publish(record);
    }

    /// <summary>Logs a stream's input. False when all of it is in the log; else its incomplete last line is kept.</summary>
    public bool Log(int slot, JsonLogWriter writer, LogStream stream, bool end)
    {
        Debug.Assert(Current.Slot == slot, "one batch at a time");
        _doneBefore = Current.Done;
        var input = Input();
        var rest = input[writer.Write(stream, input, end, this)..];
        Commit(rest);
        return rest.Length > 0;
    }

    /// <summary>Logs an incomplete line for good, at a stream's end.</summary>
    public void LogCarry(int slot, JsonLogWriter writer, LogStream stream)
    {
        if (Slot(slot)->CarryLength > 0)
        {
            Publish(new BatchRecord { State = BatchState.Received, Slot = slot, Length = 0, FileSize = writer.FileSize });
            Log(slot, writer, stream, end: true);
        }
    }

    /// <summary>Forgets the unfinished batch, once it was logged or when its task is gone.</summary>
    public void DropUnfinished()
    {
        UnfinishedSlot = -1;
        Publish(default);
    }

    public void Dispose() => _memory.Dispose();

    private void Commit(ReadOnlySpan<byte> rest)
    {
        var record = Current;
        var slot = Slot(record.Slot);
        record.State = BatchState.Committed;
        record.NewCarry = 1 - slot->ActiveCarry;
        record.NewCarryLength = rest.Length;
        rest.CopyTo(new Span<byte>(Carry(slot, record.NewCarry), JournalLayout.CarrySize));
        Publish(record);
        ApplyCommit(record);
        UnfinishedSlot = -1;
    }

    private void ApplyCommit(BatchRecord record)
    {
        var slot = Slot(record.Slot);
        slot->ActiveCarry = record.NewCarry;
        slot->CarryLength = record.NewCarryLength;
        Publish(default);
    }

    /// <summary>Fills in the record that doesn't count and makes it count with one store.</summary>
    private void Publish(BatchRecord record)
    {
        var next = 1 - Header->Selector;
        if (next == 0)
        {
            Header->First = record;
        }
        else
        {
            Header->Second = record;
        }

        Volatile.Write(ref Header->Selector, next);
    }

    /// <summary>Bytes that no UTF-8 text contains, at the end of where the read will put its own.</summary>
    private void WriteSentinel(int count)
    {
        for (var i = 1; i <= Math.Min(count, SentinelSize); i++)
        {
            Data[count - i] = SentinelByte(i);
        }
    }

    private bool SentinelIntact(int count)
    {
        for (var i = 1; i <= Math.Min(count, SentinelSize); i++)
        {
            if (Data[count - i] != SentinelByte(i))
            {
                return false;
            }
        }

        return true;
    }

    private static byte SentinelByte(int i) => (i & 1) == 0 ? (byte)0xFF : (byte)0xC1;

    private void Restore()
    {
        if (Header->Magic != JournalLayout.Magic || Header->Slots < 1 || Header->Selector is not (0 or 1)
            || JournalLayout.FileSize(Header->Slots) > _memory.Length)
        {
            new Span<byte>(_memory.Address, JournalLayout.HeaderSize).Clear();
            Header->Slots = JournalLayout.InitialSlots;
            for (var i = 0; i < JournalLayout.InitialSlots; i++)
            {
                Slot(i)->Used = 0;
            }

            Header->Magic = JournalLayout.Magic;
        }

        CollectFree(0);
        RestoreBatch();
    }

    private void RestoreBatch()
    {
        var record = Current;
        if (record.Slot < 0 || record.Slot >= Header->Slots || record.Length < 0 || record.Length > JournalLayout.DataSize)
        {
            record = default;
        }

        switch (record.State)
        {
            case BatchState.Committed:
                ApplyCommit(record);
                break;
            case BatchState.Reading when !SentinelIntact(record.Length):
                record.State = BatchState.Received;
                Publish(record);
                UnfinishedSlot = record.Slot;
                break;
            case BatchState.Received:
                UnfinishedSlot = record.Slot;
                break;
            default:
                Publish(default);
                break;
        }
    }

    private void CollectFree(int from)
    {
        for (var i = Header->Slots - 1; i >= from; i--)
        {
            if (Slot(i)->Used == 0)
            {
                _free.Push(i);
            }
        }
    }

    private void Grow()
    {
        var slots = Header->Slots;
        var fd = RawFiles.Open(_path, OpenFlags.ReadWrite);
        try
        {
            var size = JournalLayout.FileSize(slots * 2);
            RawFiles.Truncate(fd, size);
            var larger = SharedMemory.Map(fd, size);
            _memory.Dispose();
            _memory = larger;
        }
        finally
        {
            RawFiles.Close(fd);
        }

        Header->Slots = slots * 2;
        CollectFree(slots);
    }

    private SlotHeader* Slot(int index) => (SlotHeader*)(_memory.Address + JournalLayout.SlotsStart + ((long)index * JournalLayout.SlotSize));

    private static byte* Carry(SlotHeader* slot, int which) => (byte*)slot + JournalLayout.SlotHeaderSize + (which * JournalLayout.CarrySize);

    private ReadOnlySpan<byte> SlotKey(int index)
    {
        var slot = Slot(index);
        return new ReadOnlySpan<byte>((byte*)slot + sizeof(SlotHeader), Math.Clamp(slot->KeyLength, 0, JournalLayout.MaxKey));
    }
}
