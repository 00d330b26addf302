using Gantry.Api;
using Gantry.Engine.Containers.Naming;
using Gantry.Engine.Containers.State;
using Gantry.Engine.Exec;
using Gantry.Errors;
using Gantry.Linux;
using Gantry.Runtime;

namespace Gantry.Engine.Containers.HealthChecks;

/// <summary>Runs a container's probe: an exec with the container's own user, environment and directory, and nothing on its stdin.</summary>
internal sealed class HealthProbe(EngineCore core, ExecService execs, Container container, HealthSettings settings)
{
    /// <summary>How long the runtime may take to start a probe, which doesn't count towards the probe's own time.</summary>
    private static readonly TimeSpan s_startLimit = TimeSpan.FromSeconds(30);

    /// <summary>How long a killed probe may take to disappear, and an ended one's output to arrive.</summary>
    private static readonly TimeSpan s_endLimit = TimeSpan.FromSeconds(10);

    /// <summary>The same when whoever stops the checks waits: the end may be told only after the container's own, which may wait for them.</summary>
    private static readonly TimeSpan s_stopLimit = TimeSpan.FromSeconds(1);

    private readonly ExecCreateRequest _request = new() { Cmd = [.. settings.Command], AttachStdout = true, AttachStderr = true };

    /// <summary>Made once a run of the container: nothing it depends on changes while it runs.</summary>
    private ReadOnlyMemory<byte> _process;

    /// <summary>Runs it once. It has ended when this returns, also when the token fires.</summary>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    internal async Task<HealthResult> RunAsync(CancellationToken stop)
    {
        var start = DateTimeOffset.UtcNow;
        HealthResult Result(int code, string output) => new(start, DateTimeOffset.UtcNow, code, output);
        var exec = execs.Register(container, _request, Ids.NewProbe());
        try
        {
            var output = new ProbeOutput();
            var end = await RunAsync(exec, output, stop).ConfigureAwait(false);
            return end switch
            {
                ProbeEnd.Ended => Result(exec.ExitCode ?? -1, output.ToString()),
                _ when output.ToString() is { Length: > 0 } text => Result(-1, $"Health check exceeded timeout ({settings.TimeoutText}): {text}"),
                _ => Result(-1, $"Health check exceeded timeout ({settings.TimeoutText})"),
            };
        }
        catch (Exception e) when (e is GantryException or LinuxException or IOException or TimeoutException && !stop.IsCancellationRequested)
        {
            core.Log.Warn("health check error", ("container", container.Id), ("error", e.Message));
            return Result(-1, e is TimeoutException ? $"timed out starting health check for container {container.Id}" : e.Message);
        }
        finally
        {
            execs.Forget(exec);
        }
    }

    private async Task<ProbeEnd> RunAsync(ExecInstance exec, ProbeOutput output, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        var attachment = core.Parts.Tasks.Attach(container.Id, exec.Id, new AttachOptions());
        await using (attachment.ConfigureAwait(false))
        {
            if (_process.IsEmpty)
            {
                _process = execs.ProcessFor(_request, container);
            }

            await execs.StartProcessAsync(exec, container, _process).WaitAsync(s_startLimit, CancellationToken.None).ConfigureAwait(false);
            using var reading = new CancellationTokenSource();
            var read = ReadAsync(attachment, output, reading.Token);
            try
            {
                await exec.Ended.Task.WaitAsync(settings.Timeout, stop).ConfigureAwait(false);
                await read.WaitAsync(s_endLimit, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                return ProbeEnd.Ended;
            }
            catch (TimeoutException)
            {
                await KillAsync(exec, s_endLimit).ConfigureAwait(false);
                return ProbeEnd.TooLate;
            }
            catch (OperationCanceledException)
            {
                await KillAsync(exec, s_stopLimit).ConfigureAwait(false);
                throw;
            }
            finally
            {
                await reading.CancelAsync().ConfigureAwait(false);
                await read.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private static Task ReadAsync(IAttachment attachment, ProbeOutput output, CancellationToken cancellationToken) => StreamFrames.ReadAsync(
        attachment.Output,
        (_, data) =>
        {
            output.Add(data.Span);
            return ValueTask.CompletedTask;
        },
        cancellationToken);

    private async Task KillAsync(ExecInstance exec, TimeSpan limit)
    {
        try
        {
            await core.Parts.Tasks.KillAsync(container.Id, exec.Id, Signals.Kill, CancellationToken.None).ConfigureAwait(false);
        }
        catch (GantryException e)
        {
            core.Log.Debug("health check ended before it was killed", ("container", container.Id), ("error", e.Message));
        }

        await exec.Ended.Task.WaitAsync(limit, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private enum ProbeEnd
    {
        Ended = 0,
        TooLate,
    }
}
