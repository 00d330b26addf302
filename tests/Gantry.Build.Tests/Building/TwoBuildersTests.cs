using Gantry.Build.Tests.Support;

namespace Gantry.Build.Tests.Building;

/// <summary>What the same Dockerfile means to the classic builder and to BuildKit, as Docker Engine 28.5 has it.</summary>
public sealed class TwoBuildersTests
{
    [Theory]
    [InlineData(BuildStyle.Classic, "FROM busybox\nCOPY a b /d\n", "When using COPY with more than one source file, the destination must be a directory and end with a /")]
    [InlineData(BuildStyle.BuildKit, "FROM busybox\nCOPY a b /d\nRUN cat /d\n", "\nb\n")]
    [InlineData(BuildStyle.Classic, "FROM busybox\nCOPY z* /d/\n", "COPY failed: no source files were specified")]
    [InlineData(BuildStyle.BuildKit, "FROM busybox\nCOPY z* /d/\nRUN [ -e /d ] || echo none\n", "\nnone\n")]
    [InlineData(BuildStyle.Classic, "FROM busybox\nCOPY ../a /\n", "forbidden path outside the build context")]
    [InlineData(BuildStyle.BuildKit, "FROM busybox\nCOPY ../a /../x\nRUN cat /x\n", "\na\n")]
    [InlineData(BuildStyle.Classic, "FROM busybox\nCOPY --chown=nobodyx a /d/\n", "can't find uid for user nobodyx: no such user: nobodyx")]
    [InlineData(BuildStyle.BuildKit, "FROM busybox\nCOPY --chown=nobodyx a /d/\nRUN stat -c %u:%g /d /d/a\n", "\n0:0\n0:0\n")]
    [InlineData(BuildStyle.BuildKit, "FROM busybox\nRUN echo u:x:77:88::/:/bin/sh >> /etc/passwd\nCOPY --chown=u a /d/\nRUN stat -c %u:%g /d/a\n", "\n77:88\n")]
    [InlineData(BuildStyle.BuildKit, "FROM busybox\nCOPY --chown=12 a /d/\nCOPY --chown=:14 b /d/\nRUN stat -c %u:%g /d/a /d/b\n", "\n12:12\n0:14\n")]
    [InlineData(BuildStyle.BuildKit, "FROM busybox\nCOPY --chmod=750 a /p/q/\nCOPY --chmod=u=rw,g=u,o= b /f\nCOPY --chmod=a=r b /r/\nRUN stat -c %a /p /p/q /p/q/a /f /r /r/b\n", "\n750\n750\n750\n660\n755\n444\n")]
    [InlineData(BuildStyle.BuildKit, "FROM busybox\nCOPY --chmod=u=q a /\n", "invalid syntax")]
    [InlineData(BuildStyle.Classic, "FROM busybox\nCOPY --chmod=u=r a /\n", "invalid chmod parameter: 'u=r'. it should be octal string and between 0 and 07777")]
    [InlineData(BuildStyle.Classic, "FROM busybox\nUSER 12:13\nWORKDIR /w/x\nRUN stat -c %u:%g /w /w/x\n", "\n0:0\n0:0\n")]
    [InlineData(BuildStyle.BuildKit, "FROM busybox\nUSER 12:13\nWORKDIR /w/x\nUSER 0\nRUN stat -c %u:%g /w /w/x\n", "\n12:13\n12:13\n")]
    [InlineData(BuildStyle.Classic, "FROM busybox\nENV A=env\nARG A=arg\nRUN echo is $A\n", "\nis env\n")]
    [InlineData(BuildStyle.BuildKit, "FROM busybox\nENV A=env\nARG A=arg\nRUN echo is $A\n", "\nis arg\n")]
    [InlineData(BuildStyle.BuildKit, "FROM busybox\nARG A=arg\nENV A=env\nRUN echo is $A\n", "\nis env\n")]
    [InlineData(BuildStyle.Classic, "FROM busybox AS a\nARG Q=1\nFROM a\nRUN echo is .$Q.\n", "\nis ..\n")]
    [InlineData(BuildStyle.BuildKit, "FROM busybox AS a\nARG Q=1\nFROM a\nRUN echo is .$Q.\n", "\nis .1.\n")]
    [InlineData(BuildStyle.Classic, "FROM busybox AS a\nFROM busybox AS a\n", "a stage name already used")]
    [InlineData(BuildStyle.BuildKit, "FROM busybox AS a\nFROM busybox AS a\nRUN echo second\n", "\nsecond\n")]
    [InlineData(BuildStyle.BuildKit, "FROM busybox AS me\nCOPY --from=me /a /b\n", "circular dependency detected on stage: me")]
    [InlineData(BuildStyle.BuildKit, "FROM busybox\nCOPY --from=5 /a /b\n", "invalid stage index 5")]
    [InlineData(BuildStyle.BuildKit, "FROM busybox\nRUN []\n", "failed to marshal LLB definition: arguments are required")]
    [InlineData(BuildStyle.Classic, "FROM busybox\nENV A\n", "failed to parse Dockerfile: ENV must have two arguments")]
    [InlineData(BuildStyle.BuildKit, "FROM busybox\nEXPOSE 80/foo\n", "invalid port: \"80/foo\": invalid proto: foo")]
    [InlineData(BuildStyle.Classic, "FROM busybox\nEXPOSE 80/foo\n", "Invalid proto: foo")]
    [InlineData(BuildStyle.BuildKit, "FROM busybox\nADD --checksum=sha256:0000000000000000000000000000000000000000000000000000000000000000 a /\n", "checksum requires HTTP(S) or Git sources")]
    public async Task It_comes_out_as_there(BuildStyle style, string dockerfile, string said)
    {
        await using var harness = await Harness.CreateAsync();
        var (transcript, _) = await harness.TryBuildAsync(new BuildRequest { Style = style, ContextTar = Context(dockerfile) });

        Assert.Contains(said, transcript, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Parse_failures_have_no_prefix_in_BuildKit()
    {
        await using var harness = await Harness.CreateAsync();
        Assert.Contains("status 400\nENV must have", (await harness.TryBuildAsync(new BuildRequest { Style = BuildStyle.BuildKit, ContextTar = Context("FROM busybox\nENV A\n") })).Transcript, StringComparison.Ordinal);
        Assert.Contains("status 400\nfile with no instructions", (await harness.TryBuildAsync(new BuildRequest { Style = BuildStyle.BuildKit, ContextTar = Context("# none\n") })).Transcript, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(BuildStyle.Classic, 1, "", "/bin/sh -c #(nop)  ARG B=b D|/bin/sh -c #(nop)  ENV B=x|1 A=1 /bin/sh -c true|/bin/sh -c #(nop)  CMD [\"/bin/sh\" \"-c\" \"a\"]|/bin/sh -c #(nop)  ONBUILD RUN x|")]
    [InlineData(BuildStyle.BuildKit, 3, "True", "ARG A=1|ARG B=9 D|ENV B=x|RUN |3 A=1 B=x D= /bin/sh -c true # buildkit|WORKDIR /tmp|CMD [\"/bin/sh\" \"-c\" \"a\"]|")]
    public async Task Histories_layers_and_configurations(BuildStyle style, int layers, string escaped, string history)
    {
        await using var harness = await Harness.CreateAsync();
        var (transcript, image) = await harness.TryBuildAsync(new BuildRequest
        {
            Style = style,
            BuildArguments = new Dictionary<string, string?> { ["B"] = "9", ["HTTP_PROXY"] = "p" },
            ContextTar = Context("FROM busybox\nARG A=1\nARG B=b D\nENV B=x\nRUN true\nWORKDIR /tmp\nCMD a\nONBUILD RUN x\n"),
        });

        Assert.True(image is not null, transcript);
        Assert.Equal(layers, image.RootFs.DiffIds.Count);
        Assert.Equal(escaped, image.Config!.ArgsEscaped?.ToString() ?? string.Empty);
        var steps = string.Concat(image.History!.Select(h => h.CreatedBy + "|"));
        Assert.All(history.Split('|', StringSplitOptions.RemoveEmptyEntries), part => Assert.Contains(part, steps, StringComparison.Ordinal));
        Assert.Equal(style == BuildStyle.Classic, steps.Contains("ONBUILD", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Proxies_come_in_both_spellings()
    {
        await using var harness = await Harness.CreateAsync();
        var (transcript, _) = await harness.TryBuildAsync(new BuildRequest
        {
            Style = BuildStyle.BuildKit,
            BuildArguments = new Dictionary<string, string?> { ["http_proxy"] = "p" },
            ContextTar = Context("FROM busybox\nRUN echo $HTTP_PROXY-$http_proxy.\n"),
        });

        Assert.Contains("\np-p.\n", transcript, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("FROM scratch\n", 0)]
    [InlineData("FROM scratch\nCOPY a /\n", 1)]
    public async Task An_image_from_nothing(string dockerfile, int layers)
    {
        await using var harness = await Harness.CreateAsync();
        var (transcript, image) = await harness.TryBuildAsync(new BuildRequest { Style = BuildStyle.BuildKit, ContextTar = Context(dockerfile) });

        Assert.True(image is not null, transcript);
        Assert.Equal(layers, image.RootFs.DiffIds.Count);
        Assert.Equal("/", image.Config!.WorkingDir);
    }

    private static MemoryStream Context(string dockerfile) => Harness.Context(dockerfile, ("a", "a\n"), ("b", "b\n"));
}
