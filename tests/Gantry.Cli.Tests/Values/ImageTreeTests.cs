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

    [Fact]
    public void Platforms_are_branches()
    {
        ImageSummary[] images =
        [
            s_images[0],
            new()
            {
                Id = "sha256:" + new string('2', 64), Size = 5_000_000, Created = 2, RepoTags = ["multi/name:latest", "multi/name:v1"], Containers = -1,
                Manifests = [Manifest('a', "amd64", 3_000_000, 1_000_000, "c1"), Manifest('b', "arm64", 2_000_000, 500_000), Manifest('c', "s390x", 0, 0), new() { Kind = "attestation" }],
            },
        ];
        const string Rows = """
            multi/name:latest
            multi/name:v1        222222222222          5MB          1.5MB   U    
            ├─ linux/amd64       aaaaaaaaaaaa          3MB            1MB   U    
            ├─ linux/arm64       bbbbbbbbbbbb          2MB          500kB        
            └─ linux/s390x       cccccccccccc           0B             0B        

            bb:1                 111111111111       1.98MB             0B        


            """;

        Assert.EndsWith(Rows.ReplaceLineEndings("\n"), new ImageTree(80, colors: false).Format(images), StringComparison.Ordinal);
        var colored = new ImageTree(80, colors: true).Format(images);
        Assert.Contains("\e[39m├─ linux/amd64\e[0m       \e[39maaaaaaaaaaaa\e[0m          \e[39m3MB\e[0m            \e[39m1MB\e[0m   \e[38;5;0m\e[48;5;14m U \e[0m  \n", colored, StringComparison.Ordinal);
        Assert.Contains("\e[39m\e[2m└─ linux/s390x\e[0m       \e[39m\e[2mcccccccccccc\e[0m           \e[39m\e[2m0B\e[0m", colored, StringComparison.Ordinal);
    }

    private static ImageManifestSummary Manifest(char digit, string architecture, long total, long content, params string[] containers) => new()
    {
        ID = "sha256:" + new string(digit, 64),
        Kind = "image",
        Available = total > 0,
        Size = new ImageManifestSummarySize { Total = total, Content = content },
        ImageData = new ImageManifestSummaryImageData { Platform = new OCIPlatform { Os = "linux", Architecture = architecture }, Containers = [.. containers] },
    };

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
