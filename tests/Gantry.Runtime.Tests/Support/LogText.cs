using System.Text;
using Gantry.Logs;

namespace Gantry.Runtime.Tests.Support;

internal static class LogText
{
    /// <summary>All text of a log.</summary>
    public static async Task<string> ReadAsync(string path)
    {
        var text = new StringBuilder();
        await foreach (var batch in new LogReader(path).ReadAsync(new LogQuery(), null, CancellationToken.None))
        {
            foreach (var entry in batch)
            {
                text.Append(Encoding.UTF8.GetString(entry.Line.Span));
            }
        }

        return text.ToString();
    }
}
