using Gantry.Apps.Monitor.Engine;
using Gantry.Apps.Monitor.Loop;
using Gantry.Apps.Monitor.Stdio;
using Gantry.Linux;
using Gantry.Logs;
using Gantry.Runtime.Protocol;

namespace Gantry.Apps.Monitor.Processes;

/// <summary>
/// Everything the monitor knows: launches on their way, processes that run, and those that ended until the engine lets them go. The engine's
/// requests come in here, and so do the ends of children.
/// </summary>
internal sealed partial class Supervisor
{
    private const int InputSize = 64 * 1024;

    private readonly MessageWriter _records = new();
    private readonly IReadOnlyList<string> _environment;
    private readonly int _nullDevice;
    private readonly Dictionary<(string Id, string ExecId), MonitoredProcess> _processes = [];
    private readonly Dictionary<int, MonitoredProcess> _byPid = [];
    private readonly Dictionary<int, Launch> _launches = [];
    private readonly Dictionary<int, (EngineLink? Engine, uint RequestId)> _invocations = [];
    private readonly Dictionary<int, (long Sequence, int Status)> _orphans = [];
    private readonly Dictionary<int, JsonLogWriter> _helpers = [];
    private readonly SealedPrograms _programs = new();
    private readonly List<(EngineLink Engine, uint RequestId)> _greetings = [];
    private byte[] _input = [];
    private long _sequence;

    public Supervisor(EventLoop loop, Journal journal)
    {
        Loop = loop;
        Journal = journal;
        _nullDevice = NullDevice.OpenOwn();
        _environment = [$"PATH={Environment.GetEnvironmentVariable("PATH") ?? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}"];
    }

    public EventLoop Loop { get; }

    public Journal Journal { get; }

    public LogBuffer LogBuffer { get; } = new();

    /// <summary>The engine, while one is connected.</summary>
    public EngineLink? Engine { get; set; }

    /// <summary>True until the engine has handed over what an earlier monitor left.</summary>
    public bool AwaitsAdoption { get; private set; } = true;

    public IEnumerable<MonitoredProcess> Processes => _processes.Values;

    /// <summary>Nothing depends on this monitor.</summary>
    public bool IsIdle => _launches.Count == 0 && _invocations.Count == 0 && _byPid.Count == 0 && _helpers.Count == 0;

    public MonitoredProcess? Find(string id, string execId) => _processes.GetValueOrDefault((id, execId));

    /// <summary>Welcomes an engine, once the launches of its predecessor are done: it learns of everything that exists.</summary>
    public void Greet(EngineLink engine, uint requestId)
    {
        _greetings.Add((engine, requestId));
        GreetWhenSettled();
    }

    public void AttachmentEnded(uint id) => Engine?.SendAttachmentEnded(id);

    /// <summary>Reads from an attachment into memory that is valid until the next call.</summary>
    public int ReadInput(int fd, out ReadOnlySpan<byte> input)
    {
        if (_input.Length == 0)
        {
            _input = GC.AllocateUninitializedArray<byte>(InputSize, pinned: true);
        }

        var n = RawFiles.TryRead(fd, _input);
        input = _input.AsSpan(0, Math.Max(n, 0));
        return n;
    }

    /// <summary>Compresses a rotated log in a process of its own: no container waits for it.</summary>
    public void CompressLog(JsonLogWriter writer, string path)
    {
        try
        {
            var pid = ProcessSpawn.Start(new SpawnOptions
            {
                Path = "/proc/self/exe",
                Arguments = ["gantry-monitor", Program.CompressVerb, path],
                Environment = _environment,
                Stdin = _nullDevice,
                Stdout = _nullDevice,
                Stderr = 2,
            });
            _helpers.Add(pid, writer);
            writer.HoldsRotation = true;
        }
        catch (LinuxException e)
        {
            MonitorLog.Write($"{path} stays uncompressed: {e.Message}");
        }
    }

    private void GreetWhenSettled()
    {
        if (_launches.Count == 0)
        {
            _greetings.ForEach(static greeting => greeting.Engine.SendWelcome(greeting.RequestId));
            _greetings.Clear();
        }
    }

    /// <summary>Ends this monitor when nothing needs it and no engine would.</summary>
    public void StopWhenIdle()
    {
        if (Engine is null && IsIdle)
        {
            Loop.Stop();
        }
    }
}
