using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace Gantry.Linux.Networking;

/// <summary>
/// A thread of its own that visits network namespaces: it enters one, does a short piece of work there (opens sockets, writes sysctls) and
/// goes home. Work runs one piece at a time. No other thread of the process is ever in a foreign namespace.
/// </summary>
/// <remarks>What is opened inside (sockets, netlink sockets) stays in that namespace and may be used from any thread.</remarks>
public sealed class NamespaceThread : IDisposable
{
    private const int StackSize = 256 * 1024;

    private readonly BlockingCollection<Action> _work = [];
    private readonly NetworkNamespace _home;
    private readonly bool _homeIsOurs;
    private readonly Thread _thread;

    /// <param name="homePath">Path of the namespace that counts as the host's; null for the namespace of the process.</param>
    public NamespaceThread(string? homePath)
    {
        _home = homePath is null ? NetworkNamespace.OfThread() : NetworkNamespace.Open(homePath);
        _homeIsOurs = homePath is null;
        _thread = new Thread(Loop, StackSize) { IsBackground = true, Name = "netns" };
        _thread.Start();
    }

    /// <summary>The host's namespace.</summary>
    public NetworkNamespace Home => _home;

    /// <summary>Runs work in the host's namespace; on the calling thread where that is the process' own.</summary>
    public T RunHome<T>(Func<T> work) => _homeIsOurs ? work() : Invoke(work);

    /// <inheritdoc cref="RunHome{T}(Func{T})"/>
    public void RunHome(Action work) => RunHome(() =>
    {
        work();
        return true;
    });

    /// <summary>Runs work inside a namespace.</summary>
    public T RunIn<T>(NetworkNamespace target, Func<T> work) => Invoke(() =>
    {
        target.Enter();
        try
        {
            return work();
        }
        finally
        {
            GoHome();
        }
    });

    /// <summary>Makes a new namespace and runs work inside it.</summary>
    public NetworkNamespace Create(Action inside) => Invoke(() =>
    {
        NetworkNamespace? created = null;
        try
        {
            created = NetworkNamespace.EnterNew();
            inside();
            return created;
        }
        catch
        {
            created?.Dispose();
            throw;
        }
        finally
        {
            GoHome();
        }
    });

    public void Dispose()
    {
        _work.CompleteAdding();
        if (Thread.CurrentThread != _thread)
        {
            _thread.Join();
        }

        _home.Dispose();
        _work.Dispose();
    }

    private T Invoke<T>(Func<T> work)
    {
        if (Thread.CurrentThread == _thread)
        {
            return work();
        }

        T result = default!;
        ExceptionDispatchInfo? failure = null;
        using var done = new ManualResetEventSlim();
        _work.Add(() =>
        {
            try
            {
                result = work();
            }
            catch (Exception e)
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }

            done.Set();
        });
        done.Wait();
        failure?.Throw();
        return result;
    }

    private void Loop()
    {
        if (!_homeIsOurs)
        {
            GoHome();
        }

        foreach (var work in _work.GetConsumingEnumerable())
        {
            work();
        }
    }

    /// <summary>A thread lost in a container's namespace would do the host's work there: better no engine than that.</summary>
    private void GoHome()
    {
        try
        {
            _home.Enter();
        }
        catch (LinuxException e)
        {
            Environment.FailFast("Can't return to the host's network namespace.", e);
        }
    }
}
