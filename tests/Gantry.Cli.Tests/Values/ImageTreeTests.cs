using Gantry.Api;
using Gantry.Apps.Cli.Formatting;

namespace Gantry.Cli.Tests.Values;

/// <summary>docker images --tree, as docker 28.2.2 lays it out.</summary>
public sealed class ImageTreeTests
{
    private static readonly ImageSummary[] s_images =
    [
        new() { Id = "sha256:" + new string('1', 64), Size = 1_980_000, Created = 1, RepoTags = ["bb:1"], Containers = -1 },
        new() { Id = "sha256:" + new string('2', 64), Size = 1_980_000, Created = 2, Containers = -1, RepoTags = ["a-rather-long-name/of/an/image:with-a-tag-that-is-long-too", "cc:1", "dd:latest"] },
        new() { Id = "sha256:" + new string('3', 64), Size = 1_980_000, Created = 3, RepoTags = [], Containers = -1 },
    ];

    [Fact]
    public void Into_a_file() => Assert.Equal(
        """
        WARNING: This is an experimental feature. The output may change and shouldn't be depended on.
                                                                      Info ->  U In Use 

        *IMAGE~                           *ID~             *DISK USAGE~   *CONTENT SIZE~   *EXTRA~
        <untagged>                      333333333333       1.98MB             0B        
        a-rather-long-name/of/an/image:with-a-tag-that-is-long-too
        dd:latest
        cc:1                            222222222222       1.98MB             0B        
        bb:1                            111111111111       1.98MB             0B        

        """.ReplaceLineEndings("\n").Replace("*", "\e[39m\e[1m", StringComparison.Ordinal).Replace("~", "\e[0m", StringComparison.Ordinal),
        new ImageTree(80, colors: false).Format(s_images));

    [Theory]
    [InlineData(15, "\e[39m\e[1mIMAGE\e[0m               ", "\e[34m\e[1mbb:1\e[0m                ")]
    [InlineData(40, "\e[39m\e[1mIMAGE\e[0m          \e[39m\e[1mID\e[0m             \e[39m\e[1mDISK USAGE\e[0m", "\e[34m\e[1mbb:1\e[0m           \e[39m111111111111\e[0m       \e[39m1.98MB\e[0m")]
    public void Narrow_terminals_lose_columns(int width, string heading, string last)
    {
        var lines = new ImageTree(width, colors: true).Format(s_images).Split('\n');

        Assert.Equal(heading, lines[3]);
        Assert.Equal(last, lines[^2]);
        Assert.Equal($"\e[34m\e[1m{(width == 15 ? "a-rather-long-…" : "a-rather-long-name/of/an/image:with-a-t…")}\e[0m", lines[5]);
    }
}
