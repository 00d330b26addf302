using System.Text;
using Gantry.Linux;

namespace Gantry.Apps.Monitor;

/// <summary>The monitor's own messages, to stderr (a file in the exec root). Only failures are worth one.</summary>
internal static class MonitorLog
{
    public static void Write(string message) =>
        _ = RawFiles.TryWrite(2, Encoding.UTF8.GetBytes($"{DateTime.UtcNow:yyyy-MM-ddTHH:mm:ss.fffZ} {message}\n"));
}
