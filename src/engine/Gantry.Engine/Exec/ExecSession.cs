using System.Text;
using Gantry.Api;
using Gantry.Engine.Containers;
using Gantry.Engine.Streams;
using Gantry.Errors;
using Gantry.Runtime;

namespace Gantry.Engine.Exec;

/// <summary>One start of an exec.</summary>
public sealed class ExecSession
{
    private readonly ExecService _service;
    private readonly ExecInstance _exec;
    private readonly Container _container;
    private readonly ExecStartRequest _request;
    private readonly DetachKeys _keys;

    internal ExecSession(ExecService service, ExecInstance exec, Container container, ExecStartRequest request)
    {
        _service = service;
        _exec = exec;
        _container = container;
        _request = request;
        _keys = DetachKeys.Parse(exec.Request.DetachKeys ?? string.Empty);
    }

    /// <summary>The stream has no frames: the exec has a terminal.</summary>
    public bool IsRaw => _exec.IsTty;

    /// <summary>Starts it with nothing attached.</summary>
    public Task RunDetachedAsync() => _service.StartProcessAsync(_exec, _container, openOutput: false, Size());

    /// <summary>Starts it attached and runs until it ends or the client detaches. A failed start is told on the stream, as Docker does.</summary>
    public async Task RunAsync(Stream input, Stream output, CancellationToken cancellationToken)
    {
        var request = _exec.Request;
        var attachment = _service.Tasks.Attach(_container.Id, _exec.Id, new AttachOptions
        {
            Stdin = request.AttachStdin == true,
            Stdout = request.AttachStdout == true,
            Stderr = request.AttachStderr == true,
            Tty = IsRaw,
        });
        await using (attachment.ConfigureAwait(false))
        {
            try
            {
                await _service.StartProcessAsync(_exec, _container, openOutput: true, Size()).ConfigureAwait(false);
            }
            catch (GantryException e)
            {
                await WriteFailureAsync(output, _request.Tty == true, e.Message, cancellationToken).ConfigureAwait(false);
                return;
            }

            // A client that starts a terminal's exec without saying so expects frames.
            var sink = IsRaw && _request.Tty != true ? new FramingStream(output) : output;
            var end = await AttachPump.RunAsync(
                attachment,
                request.AttachStdin == true ? input : null,
                request.AttachStdout == true || request.AttachStderr == true ? sink : null,
                IsRaw ? _keys : null,
                closeInput: true,
                cancellationToken).ConfigureAwait(false);
            if (end == AttachEnd.Detached)
            {
                _service.Publish(_container, _exec, "exec_detach");
            }
            else if (end == AttachEnd.OutputEnded)
            {
                // Clients inspect the exit code next: it must be there. Output can also end early, so the wait has a bound.
                await _exec.Ended.Task.WaitAsync(TimeSpan.FromSeconds(1), cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Tells a failure where the process's output would be.</summary>
    /// <param name="isRaw">The stream has no frames.</param>
    public static async Task WriteFailureAsync(Stream output, bool isRaw, string message, CancellationToken cancellationToken)
    {
        var text = Encoding.UTF8.GetBytes(message + "\r\n");
        var bytes = isRaw ? text : Frames.Wrap(Frames.Stdout, text);
        await output.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
    }

    private (int Rows, int Columns) Size()
    {
        var size = _request.ConsoleSize is { Count: 2 } own ? own : _exec.Request.ConsoleSize;
        return size is { Count: 2 } && size.All(v => v is >= 0 and <= ushort.MaxValue) ? ((int)size[0], (int)size[1]) : (0, 0);
    }
}
