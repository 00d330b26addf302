using Gantry.EndToEnd.Tests.Engine;

namespace Gantry.Clients.Tests;

/// <summary>Builds by the docker CLI's buildx plugin, with the default docker driver.</summary>
[Collection(EngineCollection.Name)]
public sealed class BuildxTests(EngineProcess engine) : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("gantry-buildx-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [BuildxFact]
    public async Task Stages_arguments_secrets_and_ignored_files()
    {
        Write("Dockerfile", """
            FROM busybox AS base
            ARG WHO=nobody
            RUN echo "hello $WHO" > /hello
            RUN --mount=type=secret,id=token --mount=type=cache,target=/cache cp /run/secrets/token /cache/seen && cat /cache/seen > /seen
            FROM base
            COPY . /all
            COPY <<EOF /inline
            inline
            EOF
            RUN --mount=type=bind,source=sub,target=/m cat /m/kept > /bound
            CMD ["sh", "-c", "cat /hello /seen /inline /bound; ls /all /all/sub"]
            """);
        Write(".dockerignore", "Dockerfile\nsub/*\n!sub/kept\n*.log\n.dockerignore\ntoken\n");
        Write("sub/kept", "kept\n");
        Write("sub/dropped", "dropped\n");
        Write("a.log", "dropped\n");
        Write("token", "t0ken\n");
        var ids = Path.Combine(_folder, "iid");

        (await BuildAsync("-t", "buildx-all", "--build-arg", "WHO=you", "--secret", $"id=token,src={Path.Combine(_folder, "token")}", "--iidfile", ids, _folder)).Succeeded();

        Assert.Equal("hello you\nt0ken\ninline\nkept\n/all:\nsub\n\n/all/sub:\nkept\n", (await engine.GantryAsync("run", "--rm", "buildx-all")).Succeeded().Output);
        Assert.Equal(await File.ReadAllTextAsync(ids), (await engine.GantryAsync("image", "inspect", "-f", "{{.Id}}", "buildx-all")).Succeeded().Text);
        var again = (await BuildAsync("--build-arg", "WHO=you", "--secret", $"id=token,src={Path.Combine(_folder, "token")}", _folder)).Succeeded();
        Assert.Contains("CACHED", again.Error, StringComparison.Ordinal);
        (await engine.GantryAsync("rmi", "buildx-all")).Succeeded();
    }

    [BuildxFact]
    public async Task Outputs_that_are_files()
    {
        Write("Dockerfile", "FROM busybox AS b\nRUN mkdir /o && echo x > /o/f && ln -s f /o/l\nFROM scratch\nCOPY --from=b /o /\n");
        var (folder, tar) = (Path.Combine(_folder, "out"), Path.Combine(_folder, "out.tar"));

        (await BuildAsync("-o", $"type=local,dest={folder}", _folder)).Succeeded();
        (await BuildAsync("-o", $"type=tar,dest={tar}", _folder)).Succeeded();

        Assert.Equal("x\n", await File.ReadAllTextAsync(Path.Combine(folder, "l")));
        Assert.Equal(["f", "l"], (await Command.RunAsync("/bin/tar", ["tf", tar], null, engine.Environment)).Succeeded().Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal));
    }

    [BuildxTheory]
    [InlineData("FROM busybox\n\nRUN echo told && exit 9\n", "failed to solve: process \"/bin/sh -c echo told && exit 9\" did not complete successfully: exit code: 9", "   3 | >>> RUN echo told && exit 9")]
    [InlineData("FROM busybox\nFOO\n", "failed to solve: dockerfile parse error on line 2: unknown instruction: FOO", "   2 | >>> FOO")]
    [InlineData("FROM busybox\nCOPY missing /\n", "\"/missing\": not found", "   2 | >>> COPY missing /")]
    public async Task Failures_are_told_with_their_lines(string dockerfile, string expected, string line)
    {
        Write("Dockerfile", dockerfile);

        var result = await BuildAsync(_folder);

        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains(expected, result.Error, StringComparison.Ordinal);
        Assert.Contains(line, result.Error, StringComparison.Ordinal);
    }

    [BuildxFact]
    public async Task Contexts_have_names()
    {
        Write("Dockerfile", "FROM base\nCOPY --from=extra f /f\nCMD [\"cat\", \"/f\"]\n");
        Write("other/f", "from the other folder\n");

        (await BuildAsync("-t", "buildx-named", "--build-context", "base=docker-image://busybox", "--build-context", $"extra={Path.Combine(_folder, "other")}", _folder)).Succeeded();

        Assert.Equal("from the other folder", (await engine.GantryAsync("run", "--rm", "buildx-named")).Succeeded().Text);
        (await engine.GantryAsync("rmi", "buildx-named")).Succeeded();
    }

    [BuildxFact]
    public async Task The_cache_is_listed_and_pruned()
    {
        Write("Dockerfile", $"FROM busybox\nRUN echo {Guid.NewGuid()} > /unique\n");
        (await BuildAsync(_folder)).Succeeded();

        Assert.Contains("Reclaimable:", (await BuildxAsync("du")).Succeeded().Output, StringComparison.Ordinal);
        (await BuildxAsync("prune", "-af")).Succeeded();
        Assert.Contains("linux/", (await BuildxAsync("inspect")).Succeeded().Output, StringComparison.Ordinal);
    }

    [BuildxFact]
    public async Task Builds_are_remembered()
    {
        Write("Dockerfile", $"FROM busybox\nRUN echo remembered\nRUN exit {Random.Shared.Next(1, 100)}\n");
        var metadata = Path.Combine(_folder, "metadata");
        Assert.NotEqual(0, (await BuildAsync(_folder)).ExitCode);
        Write("Dockerfile", "FROM busybox\nRUN echo well\n");
        (await BuildAsync("--metadata-file", metadata, _folder)).Succeeded();

        var builds = (await BuildxAsync("history", "ls")).Succeeded().Output;
        Assert.Contains("Error", builds, StringComparison.Ordinal);
        Assert.Contains("Completed", builds, StringComparison.Ordinal);
        using var json = System.Text.Json.JsonDocument.Parse(await File.ReadAllTextAsync(metadata));
        var reference = json.RootElement.GetProperty("buildx.build.ref").GetString()!.Split('/')[^1];
        Assert.Contains("echo well", (await BuildxAsync("history", "logs", reference)).Succeeded().Error, StringComparison.Ordinal);
        (await BuildxAsync("history", "rm", "--all")).Succeeded();
        Assert.DoesNotContain("Completed", (await BuildxAsync("history", "ls")).Succeeded().Output, StringComparison.Ordinal);
    }

    private Task<Result> BuildAsync(params string[] arguments) => BuildxAsync(["build", "--progress=plain", .. arguments]);

    private Task<Result> BuildxAsync(params string[] arguments)
    {
        var environment = engine.Environment.Where(e => e.Key != "DOCKER_BUILDKIT").ToDictionary();
        return Command.RunAsync(EngineProcess.DockerCli!, ["buildx", .. arguments], null, environment);
    }

    private void Write(string name, string content)
    {
        var path = Path.Combine(_folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
    }
}

/// <summary>A test with the docker CLI's buildx plugin; skipped, with the reason, where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class BuildxFactAttribute : FactAttribute
{
    public BuildxFactAttribute() => Skip = ClientPrograms.BuildxMissing;
}

/// <inheritdoc cref="BuildxFactAttribute"/>
[AttributeUsage(AttributeTargets.Method)]
public sealed class BuildxTheoryAttribute : TheoryAttribute
{
    public BuildxTheoryAttribute() => Skip = ClientPrograms.BuildxMissing;
}
