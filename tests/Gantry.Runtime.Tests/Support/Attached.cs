using System.Text;

namespace Gantry.Runtime.Tests.Support;

/// <summary>Collects what an attachment delivers.</summary>
internal static class Attached
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    public static async Task<(string Stdout, string Stderr)> ReadAllAsync(IAttachment attachment)
    {
        var stdout = new MemoryStream();
        var stderr = new MemoryStream();
        if (attachment.IsRaw)
        {
            await attachment.Output.CopyToAsync(stdout).WaitAsync(s_limit);
        }
        else
        {
            await StreamFrames.ReadAsync(
                attachment.Output,
                (stream, payload) => (stream == 2 ? stderr : stdout).WriteAsync(payload),
                CancellationToken.None).WaitAsync(s_limit);
        }

        return (Encoding.UTF8.GetString(stdout.ToArray()), Encoding.UTF8.GetString(stderr.ToArray()));
    }

    /// <summary>Reads a raw stream until the text has come; returns everything read.</summary>
    public static async Task<string> ReadUntilAsync(IAttachment attachment, string text)
    {
        var all = new StringBuilder();
        var buffer = new byte[4096];
        while (!all.ToString().Contains(text, StringComparison.Ordinal))
        {
            var n = await attachment.Output.ReadAsync(buffer).AsTask().WaitAsync(s_limit);
            if (n == 0)
            {
                throw new EndOfStreamException($"ended with: {all}");
            }

            all.Append(Encoding.UTF8.GetString(buffer, 0, n));
        }

        return all.ToString();
    }
}
