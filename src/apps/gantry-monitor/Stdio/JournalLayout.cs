namespace Gantry.Apps.Monitor.Stdio;

/// <summary>
/// The journal file: header, input area, then one slot for each stream that is being logged. See docs/design/monitor-journal.md.
/// </summary>
internal static class JournalLayout
{
    /// <summary>"GNTRYJ" and the layout's version.</summary>
    public const ulong Magic = 0x0001_4A59_5254_4E47;

    public const int HeaderSize = 4096;
    public const int CarrySize = 16 * 1024;
    public const int DataSize = 256 * 1024;
    public const int InputStart = HeaderSize;
    public const int DataStart = InputStart + CarrySize;
    public const int SlotsStart = DataStart + DataSize;
    public const int SlotHeaderSize = 4096;
    public const int SlotSize = SlotHeaderSize + (2 * CarrySize);
    public const int InitialSlots = 64;
    public const int MaxKey = 512;

    public static long FileSize(int slots) => SlotsStart + ((long)slots * SlotSize);
}

internal enum BatchState
{
    /// <summary>Nothing in flight.</summary>
    Idle = 0,

    /// <summary>A read of exactly Length bytes was about to happen; the sentinel at their end tells whether it did.</summary>
    Reading,

    /// <summary>The input area holds Length bytes, of which (with the carry before them) Done are in the log.</summary>
    Received,

    /// <summary>All is in the log; the slot's carry is to become NewCarry.</summary>
    Committed,
}

/// <summary>What the monitor was doing; there are two, and the header says which one counts.</summary>
internal struct BatchRecord
{
    public BatchState State;
    public int Slot;
    public int Length;
    public int Done;
    public long FileSize;
    public int NewCarry;
    public int NewCarryLength;
}

internal struct JournalHeader
{
    public ulong Magic;
    public int Slots;
    public int Selector;
    public BatchRecord First;
    public BatchRecord Second;
}

internal struct SlotHeader
{
    public int Used;
    public int ActiveCarry;
    public int CarryLength;
    public int KeyLength;
}
