using System.Buffers.Text;
using System.Globalization;

namespace Gantry.Linux;

/// <summary>
/// How the kernel ranks this process when memory runs out, -1000 (never killed) to 1000 (first); proc_pid_oom_score_adj(5). Processes that it
/// starts inherit the score.
/// </summary>
public static class OomScore
{
    private const string Path = "/proc/self/oom_score_adj";

    /// <summary>0 where it can't be read.</summary>
    public static int Read()
    {
        Span<byte> text = stackalloc byte[16];
        var n = RawFiles.TryReadFile(Path, text);
        return n > 0 && Utf8Parser.TryParse(text[..n], out int score, out _) ? score : 0;
    }

    /// <summary>0, or the error: a score lower than the one a privileged process gave wants CAP_SYS_RESOURCE.</summary>
    public static int TryWrite(int score) => RawFiles.TryWriteFile(Path, score.ToString(CultureInfo.InvariantCulture));
}
