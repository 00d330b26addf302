using Gantry.Errors;
using Gantry.Linux;
using Gantry.Runtime.Monitoring;
using Gantry.Runtime.Protocol;

namespace Gantry.Runtime.Services;

/// <summary>Finding the monitor, starting one, and putting another in a killed one's place.</summary>
public sealed partial class TaskService
{
    private const int DirectoryMode = 0x1C0;
    private const int ExecRootMode = 0x1C9;
    private const int ProtocolVersion = 1;
    private const int ReapTries = 500;

    /// <summary>Some five for each process.</summary>
    private const ulong OpenFiles = 1_048_576;
    private const int StartTries = 5;

    private static readonly TimeSpan s_firstPause = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan s_reapDelay = TimeSpan.FromMilliseconds(10);

    private readonly SemaphoreSlim _connectGate = new(1);
    private volatile MonitorConnection? _connection;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<TaskState>> RestoreAsync(CancellationToken cancellationToken)
    {
        _ = ResourceLimits.RaiseOpenFiles(OpenFiles);
        PrepareExecRoot();
        ChooseReaper();
        await ConnectAsync(cancellationToken).ConfigureAwait(false);
        await WaitForLostProcessesAsync(cancellationToken).ConfigureAwait(false);
        await RemoveAbandonedAsync(cancellationToken).ConfigureAwait(false);
        var states = _exits.Open(() => _tasks.Values.Select(entry => entry.ToState()).ToList());
        foreach (var state in states.Where(state => state is { ExecId: not null, Phase: TaskPhase.Exited }))
        {
            await ForgetExecAsync(state.Id, state.ExecId!).ConfigureAwait(false);
        }

        return states;
    }

    private void PrepareExecRoot()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_options.ExecRoot) ?? "/");
        RawFiles.MakeDirectory(_options.ExecRoot, ExecRootMode);
        RawFiles.MakeDirectory($"{_options.ExecRoot}/{RunFiles.Tasks}", DirectoryMode);
        RawFiles.MakeDirectory($"{_options.ExecRoot}/{RunFiles.RuntimeRoot}", DirectoryMode);
        try
        {
            _lock = new FileStream($"{_options.ExecRoot}/{RunFiles.EngineLock}", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e)
        {
            throw GantryException.Conflict($"another engine uses {_options.ExecRoot}", e);
        }
    }

    /// <summary>
    /// Kernels before 6.15 don't keep a reaped process's exit status. There the engine becomes the reaper after its monitor, so that what
    /// a killed monitor leaves stays a zombie, and readable, until its successor has looked.
    /// </summary>
    private static void ChooseReaper()
    {
        var release = Environment.OSVersion.Version;
        if (release < new Version(6, 15))
        {
            ProcessControl.BecomeSubreaper();
        }
    }

    /// <summary>The live connection; brings up a monitor first when there is none.</summary>
    private async ValueTask<MonitorConnection> ConnectAsync(CancellationToken cancellationToken)
    {
        if (_connection is { IsAlive: true } current)
        {
            return current;
        }

        await _connectGate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_connection is not { IsAlive: true })
            {
                _connection = await ConnectOrStartAsync().ConfigureAwait(false);
                _ = ReplaceWhenLostAsync(_connection);
            }

            return _connection;
        }
        catch (Exception e) when (e is LinuxException or MonitorLostException)
        {
            throw GantryException.Unavailable($"the container monitor can't be started: {e.Message}", e);
        }
        finally
        {
            _connectGate.Release();
        }
    }

    /// <summary>A monitor that is killed while it starts is no reason to give up; one that can't start is.</summary>
    private async Task<MonitorConnection> ConnectOrStartAsync()
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await TryConnectOrStartAsync().ConfigureAwait(false);
            }
            catch (MonitorLostException) when (tries < StartTries)
            {
            }
        }
    }

    private async Task<MonitorConnection> TryConnectOrStartAsync()
    {
        var socket = MonitorLauncher.TryConnect(_options.ExecRoot);
        if (socket >= 0 && await TryGreetAsync(socket, UnixSockets.PeerProcessId(socket)).ConfigureAwait(false) is { } existing)
        {
            return existing;
        }

        var (fresh, pid) = MonitorLauncher.Start(_options, _prepareMonitorThread);
        return await TryGreetAsync(fresh, pid).ConfigureAwait(false) ?? throw new MonitorLostException();
    }

    /// <summary>Says hello, learns what the monitor has, and hands over what it lacks. Null when it is dead or stuck (then it is killed: nothing is lost by that).</summary>
    private async Task<MonitorConnection?> TryGreetAsync(int socket, int pid)
    {
        var connection = new MonitorConnection(socket) { OnEvent = OnMonitorEvent, MonitorPid = pid };
        connection.Start();
        try
        {
            var awaitsAdoption = false;
            void Received(MonitorReply part)
            {
                if (part.Kind == MessageKind.Welcome)
                {
                    awaitsAdoption = part.Number(Field.Flags) != 0;
                }
                else if (part.Kind == MessageKind.Process)
                {
                    TakeOver(part);
                }
            }

            await connection.RequestAsync(MessageKind.Hello, writer => writer.Add(Field.Version, ProtocolVersion), received: Received)
                .WaitAsync(_options.AnswerLimit).ConfigureAwait(false);
            if (awaitsAdoption)
            {
                await HandOverAsync(connection).ConfigureAwait(false);
            }
            else if (!_knowsDisk)
            {
                await HandOverLostAsync(connection).ConfigureAwait(false);
            }

            await ReattachAsync(connection).ConfigureAwait(false);
            return connection;
        }
        catch (Exception e) when (e is MonitorLostException or TimeoutException)
        {
            connection.Dispose();
            if (e is TimeoutException)
            {
                _ = Signals.TrySend(pid, Signals.SIGKILL);
                await connection.Lost.ConfigureAwait(false);
            }

            return null;
        }
    }

    /// <summary>A process the living monitor has, after this engine's start.</summary>
    private void TakeOver(MonitorReply message)
    {
        if (TaskEntry.From(message) is { } entry && !_tasks.TryAdd(entry.Key, entry))
        {
            entry.CloseDescriptors();
        }
    }

    private async Task ReplaceWhenLostAsync(MonitorConnection connection)
    {
        await connection.Lost.ConfigureAwait(false);
        _ = ReapMonitorAsync(connection.MonitorPid);
        if (_disposed || _connection != connection)
        {
            return;
        }

        var pause = s_firstPause;
        while (!_disposed && !await TryReplaceAsync().ConfigureAwait(false))
        {
            // Containers' pipes fill up meanwhile: go on trying. Requests try by themselves too.
            await Task.Delay(pause).ConfigureAwait(false);
            pause = pause < s_longestPause ? pause * 2 : s_longestPause;
        }
    }

    private async Task<bool> TryReplaceAsync()
    {
        try
        {
            await ConnectAsync(CancellationToken.None).ConfigureAwait(false);
            return true;
        }
        catch (ObjectDisposedException)
        {
            return true;
        }
        catch (GantryException e)
        {
            OnMonitorUnavailable?.Invoke(e.Message);
            return false;
        }
    }

    /// <summary>Called when a killed monitor could not be replaced at once; for the engine's log.</summary>
    public Action<string>? OnMonitorUnavailable { get; set; }

    private async Task CloseConnectionAsync()
    {
        await _connectGate.WaitAsync().ConfigureAwait(false);
        try
        {
            if (_connection is { } connection)
            {
                connection.Dispose();
                await connection.Lost.ConfigureAwait(false);
            }
        }
        finally
        {
            _connectGate.Release();
        }
    }

    /// <summary>A monitor this process started is its child and must be reaped. Its socket closes a moment before its process has ended.</summary>
    private static async Task ReapMonitorAsync(int pid)
    {
        for (var i = 0; i < ReapTries && ChildProcesses.TryReap(pid, out _) == 0; i++)
        {
            await Task.Delay(s_reapDelay).ConfigureAwait(false);
        }
    }
}
