using Gantry.Linux;

namespace Gantry.Apps.Monitor.Loop;

/// <summary>A descriptor the loop watches, and what to do when it is ready.</summary>
internal abstract class Source
{
    /// <summary>The descriptor, or -1 once closed.</summary>
    public int Fd { get; protected set; } = -1;

    /// <summary>The loop's mark; 0 while not watched.</summary>
    internal ulong Token { get; set; }

    public bool IsWatched => Token != 0;

    public abstract void Ready(EpollEvents events);
}
