using System.Globalization;
using Gantry.Api;
using Gantry.Engine.Containers.State;
using Gantry.Errors;
using Gantry.Linux;

namespace Gantry.Engine.Containers.Stats;

/// <summary>
/// A container's processes as the host's ps(1) shows them. All processes are listed and those of the container are picked, as Docker does:
/// <c>-p</c> would take away the caller's choice of columns and order.
/// </summary>
internal sealed class TopFlow(EngineCore core)
{
    /// <exception cref="GantryException">Conflict: it doesn't run. InvalidArgument: ps takes no such options or gives no PID column.</exception>
    internal async Task<ContainerTopResponse> RunAsync(Container container, string arguments, CancellationToken cancellationToken)
    {
        if (container.State.Phase == ContainerPhase.Restarting)
        {
            throw GantryException.Conflict($"Container {container.Id} is restarting, wait until the container is running");
        }

        if (!container.State.IsActive)
        {
            throw GantryException.Conflict($"container {container.Id} is not running");
        }

        var words = arguments.Length == 0 ? ["-ef"] : Split(arguments);
        var pids = await core.Parts.Tasks.PidsAsync(container.Id, cancellationToken).ConfigureAwait(false);
        var output = await PsAsync(words, cancellationToken).ConfigureAwait(false);
        var result = Pick(output, pids.ToHashSet());
        core.Publish(container, "top");
        return result;
    }

    /// <summary>Lines of the wanted processes, split by the columns of the heading; the last column takes the rest of the line.</summary>
    internal static ContainerTopResponse Pick(string output, HashSet<int> pids)
    {
        var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var titles = lines.Length == 0 ? [] : Fields(lines[0]);
        var pidColumn = titles.IndexOf("PID");
        if (pidColumn < 0)
        {
            throw GantryException.Internal("Couldn't find PID field in ps output");
        }

        var processes = new List<List<string>>();
        foreach (var fields in lines.Skip(1).Select(Fields))
        {
            if (fields.Count > pidColumn && int.TryParse(fields[pidColumn], NumberStyles.None, CultureInfo.InvariantCulture, out var pid) && pids.Contains(pid))
            {
                processes.Add([.. fields.Take(titles.Count - 1), string.Join(' ', fields.Skip(titles.Count - 1))]);
            }
        }

        return new ContainerTopResponse { Titles = titles, Processes = processes };
    }

    private static async Task<string> PsAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        PipedProcess process;
        try
        {
            process = PipedProcess.Start("ps", arguments);
        }
        catch (LinuxException e) when (e.Errno == Errno.ENOENT)
        {
            throw GantryException.Internal("error running ps: exec: \"ps\": executable file not found in $PATH", e);
        }

        using (process)
        {
            process.StandardInput.Dispose();
            using var output = new StreamReader(process.StandardOutput);
            using var error = new StreamReader(process.StandardError);
            var text = output.ReadToEndAsync(cancellationToken);
            var complaint = await error.ReadToEndAsync(cancellationToken).ConfigureAwait(false);
            var listing = await text.ConfigureAwait(false);
            return await process.WaitAsync(cancellationToken).ConfigureAwait(false) == 0
                ? listing
                : throw GantryException.Internal($"ps: {complaint.Trim().Split('\n')[0]}");
        }
    }

    private static List<string> Fields(string line) => [.. line.Split(' ', StringSplitOptions.RemoveEmptyEntries)];

    private static string[] Split(string arguments) => arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
