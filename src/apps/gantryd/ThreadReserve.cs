namespace Gantry.Apps.Daemon;

/// <summary>
/// Starts the pool's threads while there is room for them. Where the engine's cgroup has no process left (<c>pids.max</c>) a thread that can't be started ends the
/// whole engine, wherever the pool happened to want it; with these, which stay, it hardly ever wants one more.
/// </summary>
internal static class ThreadReserve
{
    /// <summary>As many as the project file has the pool keep alive; 20 KiB each.</summary>
    private const int Threads = 24;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    /// <summary>Returns at once.</summary>
    internal static void Fill()
    {
        ThreadPool.GetMinThreads(out var workers, out var completions);
        if (!ThreadPool.SetMinThreads(Threads, completions))
        {
            return;
        }

        // Each of the pool's threads takes one of these and holds it until all have one.
        var there = new CountdownEvent(Threads);
        for (var i = 0; i < Threads; i++)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static state => Hold(state.there, state.workers, state.completions), (there, workers, completions), preferLocal: false);
        }
    }

    private static void Hold(CountdownEvent there, int workers, int completions)
    {
        if (there.Signal())
        {
            // The pool keeps using as many at a time as it once had to; only a lower maximum talks it out of that.
            ThreadPool.GetMaxThreads(out var mostWorkers, out var mostCompletions);
            ThreadPool.SetMinThreads(workers, completions);
            ThreadPool.SetMaxThreads(workers, mostCompletions);
            ThreadPool.SetMaxThreads(mostWorkers, mostCompletions);
        }

        there.Wait(s_patience);
    }
}
