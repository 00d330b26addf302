using Gantry.Engine.Containers.State;
using Gantry.Engine.Streams;
using Gantry.Errors;
using Gantry.Runtime;

namespace Gantry.Engine.Containers;

/// <summary>What a client attaches.</summary>
public sealed record AttachRequest
{
    public bool Stdin { get; init; }

    public bool Stdout { get; init; }

    public bool Stderr { get; init; }

    /// <summary>Stay attached; false only replays logs.</summary>
    public bool Stream { get; init; }

    public bool Logs { get; init; }

    public string DetachKeys { get; init; } = "";
}

/// <summary>An attachment that is made already, so that nothing the process writes from now on is missed; to be run over a connection.</summary>
public sealed class AttachSession : IAsyncDisposable
{
    private readonly EngineCore _core;
    private readonly Container _container;
    private readonly AttachRequest _request;
    private readonly DetachKeys _keys;
    private readonly IAttachment? _attachment;
    private readonly CancellationTokenSource _over = new();
    private readonly Task _exit = Task.CompletedTask;

    internal AttachSession(EngineCore core, Container container, AttachRequest request)
    {
        _core = core;
        _container = container;
        _request = request;
        _keys = DetachKeys.Parse(request.DetachKeys);
        if (request.Stream)
        {
            _exit = container.Waiters.Add(WaitCondition.NextExit, _over.Token);
            _attachment = core.Parts.Tasks.Attach(container.Id, null, new AttachOptions
            {
                Stdin = request.Stdin && container.Record.Config.OpenStdin == true,
                Stdout = request.Stdout,
                Stderr = request.Stderr,
                Tty = IsRaw,
            });
        }
    }

    /// <summary>The stream has no frames: the container has a terminal.</summary>
    public bool IsRaw => _container.Record.Config.Tty == true;

    /// <summary>Runs until the process or the client ends it.</summary>
    /// <param name="input">From the client.</param>
    /// <param name="output">To the client.</param>
    public async Task RunAsync(Stream input, Stream output, CancellationToken cancellationToken)
    {
        if (_request.Logs)
        {
            await new Logs.LogFlow(_core).WriteAsync(
                _container, new Logs.LogRequest { Stdout = _request.Stdout, Stderr = _request.Stderr }, output, cancellationToken).ConfigureAwait(false);
        }

        _core.Publish(_container, "attach");
        if (_attachment is null)
        {
            return;
        }

        var config = _container.Record.Config;
        var hasInput = _request.Stdin && config.OpenStdin == true;
        var end = await AttachPump.RunAsync(
            _attachment,
            hasInput ? input : null,
            _request.Stdout || _request.Stderr ? output : null,
            config.Tty == true ? _keys : null,
            closeInput: config.StdinOnce == true && config.Tty != true,
            cancellationToken).ConfigureAwait(false);
        if (end == AttachEnd.Detached)
        {
            _core.Publish(_container, "detach");
        }
        else if (end == AttachEnd.OutputEnded && _container.State.IsActive)
        {
            // Clients that saw the end look at the exit code next: the stream ends when that is known, and not before the process does.
            await _exit.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync().ConfigureAwait(false);
        _over.Dispose();
        if (_attachment is not null)
        {
            await _attachment.DisposeAsync().ConfigureAwait(false);
        }
    }
}

/// <summary>Attaching to containers.</summary>
internal sealed class AttachFlow(EngineCore core)
{
    /// <exception cref="GantryException">Conflict: its state forbids it. InvalidArgument: bad detach keys.</exception>
    internal AttachSession Begin(Container container, AttachRequest request) => container.State.Phase switch
    {
        ContainerPhase.Paused => throw GantryException.Conflict($"container {container.Id} is paused, unpause the container before attach"),
        ContainerPhase.Restarting => throw GantryException.Conflict($"container {container.Id} is restarting, wait until the container is running"),
        _ => new AttachSession(core, container, request),
    };
}
