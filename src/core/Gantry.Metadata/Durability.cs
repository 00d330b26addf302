namespace Gantry.Metadata;

/// <summary>What a committed write survives.</summary>
public enum Durability
{
    /// <summary>Survives kill -9 of the engine; a power cut may undo the last such writes, never tear them. No fsync.</summary>
    Relaxed = 0,

    /// <summary>Survives a power cut: the write-ahead log is on the disk before the call returns, with everything written before it.</summary>
    Durable,
}
