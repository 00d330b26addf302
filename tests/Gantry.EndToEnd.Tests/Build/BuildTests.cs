using Gantry.EndToEnd.Tests.Engine;

namespace Gantry.EndToEnd.Tests.Build;

[Collection(EngineCollection.Name)]
public sealed class BuildTests(EngineProcess engine)
{
    [Theory]
    [ClassData(typeof(CommandLines))]
    public async Task Stages_copies_and_configuration(string client)
    {
        var context = Context(
            """
            FROM busybox AS first
            ARG WHO=world
            RUN echo "hello $WHO" > /out && chmod 640 /out
            FROM busybox
            LABEL a=b
            ENV GREETING=hi
            COPY --from=first --chown=65534:65534 /out /data/
            COPY sub/ /sub/
            WORKDIR /data
            USER nobody
            ENTRYPOINT ["sh", "-c"]
            CMD ["cat out; cat /sub/file; stat -c %u:%g:%a out; pwd; id -u; echo $GREETING"]
            """,
            ("sub/file", "content\n"));
        (await engine.RunAsync(client, "build", "-q", "--build-arg", "WHO=you", "-t", "stages", context)).Succeeded();

        Assert.Equal("hello you\ncontent\n65534:65534:640\n/data\n65534\nhi\n", (await engine.RunAsync(client, "run", "--rm", "stages")).Succeeded().Output);
        (await engine.RunAsync(client, "rmi", "stages")).Succeeded();
    }

    [Theory]
    [ClassData(typeof(CommandLines))]
    public async Task A_Dockerfile_of_stdin_goes_with_a_folder(string client)
    {
        var program = client == "docker" ? EngineProcess.DockerCli! : Repository.Binary("gantry");
        var context = Context("FROM scratch\n", ("here", "content\n"));

        var result = await Command.RunAsync(program, ["build", "--no-cache", "-f", "-", context], "FROM busybox\nCOPY here /\nRUN cat /here; ls /\n", engine.Environment);

        Assert.Contains("content", result.Succeeded().Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("FROM busybox\nRUN exit 7\n", "The command '/bin/sh -c exit 7' returned a non-zero code: 7")]
    [InlineData("FROM busybox\nCOPY missing /\n", "missing")]
    [InlineData("FROM busybox\nBAD x\n", "unknown instruction: BAD")]
    [InlineData("", "empty")]
    public async Task Errors_are_clear_and_leave_nothing(string dockerfile, string expected)
    {
        var before = (await engine.GantryAsync("ps", "-aq")).Succeeded().Output;

        var result = await engine.GantryAsync("build", "-t", "never", Context(dockerfile));

        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains(expected, result.Output + result.Error, StringComparison.Ordinal);
        Assert.Equal(before, (await engine.GantryAsync("ps", "-aq")).Succeeded().Output);
        Assert.NotEqual(0, (await engine.GantryAsync("image", "inspect", "never")).ExitCode);
    }

    private string Context(string dockerfile, params (string Name, string Content)[] files)
    {
        var folder = Directory.CreateTempSubdirectory("context-").FullName;
        File.WriteAllText(Path.Combine(folder, "Dockerfile"), dockerfile);
        foreach (var (name, content) in files)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(folder, name))!);
            File.WriteAllText(Path.Combine(folder, name), content);
        }

        var inside = Path.Combine(engine.Folder, Path.GetFileName(folder));
        Directory.Move(folder, inside);
        return inside;
    }
}
