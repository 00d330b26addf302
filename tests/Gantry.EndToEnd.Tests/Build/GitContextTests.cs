using Gantry.EndToEnd.Tests.Engine;

namespace Gantry.EndToEnd.Tests.Build;

/// <summary>Git repositories as contexts: fetched by a client, and by the engine for <c>remote=</c>.</summary>
[Collection(EngineCollection.Name)]
public sealed class GitContextTests(EngineProcess engine)
{
    private const string Dockerfile = "FROM busybox\nCOPY . /x\nCMD [\"cat\", \"/x/f\"]\n";

    [SkippableGitTheory]
    [ClassData(typeof(CommandLines))]
    public async Task Clients_fetch_branches_tags_and_folders(string client)
    {
        using var server = await GitServer.StartAsync();
        var address = await RepositoryAsync(server);
        foreach (var (suffix, text) in new[] { ("", "master"), ("#master", "master"), ("#other", "other"), ("#v1", "master"), ("#:sub", "below"), ("#other:link", "below") })
        {
            (await engine.RunAsync(client, "build", "-q", "-t", "from-git", address + suffix)).Succeeded();
            Assert.Equal(text, (await engine.GantryAsync("run", "--rm", "from-git")).Succeeded().Text);
        }

        (await engine.RunAsync(client, "build", "-q", "-t", "from-git", "-f", "sub/Dockerfile", address)).Succeeded();
        (await engine.GantryAsync("run", "--rm", "from-git", "test", "-d", "/x/.git")).Succeeded();
    }

    [SkippableGitFact]
    public async Task Nothing_that_was_fetched_stays()
    {
        using var server = await GitServer.StartAsync();
        var address = await RepositoryAsync(server);
        var temporary = Directory.CreateDirectory(Path.Combine(engine.Folder, "tmp")).FullName;
        var environment = new Dictionary<string, string>(engine.Environment) { ["TMPDIR"] = temporary };

        (await Command.RunAsync(Repository.Binary("gantry"), ["build", "-q", address], null, environment)).Succeeded();
        (await Command.RunAsync(Repository.Binary("gantry"), ["build", $"{address}#absent"], null, environment)).Failed("error fetching");
        (await Command.RunAsync(Repository.Binary("gantry"), ["build", "-f", "absent", address], null, environment)).Failed("no such file");

        Assert.Empty(Directory.GetDirectories(temporary, "docker-build-git*"));
    }

    [SkippableGitTheory]
    [ClassData(typeof(CommandLines))]
    public async Task Clients_say_what_is_wrong(string client)
    {
        using var server = await GitServer.StartAsync();
        var address = await RepositoryAsync(server);
        const string Frame = "unable to prepare context: unable to 'git clone' to temporary context directory: ";
        foreach (var (context, error) in new[]
        {
            ($"{address}#absent", Frame + "error fetching: fatal: couldn't find remote ref absent\n: exit status 128"),
            ($"{address}#:absent", "/absent: no such file or directory"),
            ($"{address}#:f", Frame + "error setting git context, not a directory: "),
            ($"{address}#:out", "no such file or directory"),
            ($"{address}#--upload-pack=touch${{IFS}}/pwned", Frame + "invalid refspec: --upload-pack=touch${IFS}/pwned"),
            ($"{server.Address}/none.git", Frame + "error fetching: fatal: remote error: access denied or repository not exported: /none.git"),
            ($"file://{server.Folder}/repo.git", $"path \"file://{server.Folder}/repo.git\" not found"),
            ("ext::sh -c true", "path \"ext::sh -c true\" not found"),
        })
        {
            (await engine.RunAsync(client, "build", context)).Failed(error);
        }

        (await engine.RunAsync(client, "build", "-f", "/etc/passwd", address)).Failed("unable to prepare context: the Dockerfile (/etc/passwd) must be within the build context");
        (await engine.RunAsync(client, "build", "-f", "absent", address)).Failed("unable to prepare context: unable to evaluate symlinks in Dockerfile path: lstat ");
    }

    [SkippableGitFact]
    public async Task The_engine_fetches_repositories_and_tells_what_urls_are()
    {
        using var server = await GitServer.StartAsync();
        var address = await RepositoryAsync(server);
        await using var web = WebServer.Start(path => path switch
        {
            "/Dockerfile" => "FROM busybox\nLABEL a=b\n"u8.ToArray(),
            "/page" => "<html>\n"u8.ToArray(),
            "/empty" => [],
            _ => null,
        });
        foreach (var (remote, status, text) in new[]
        {
            (address, "200", "Successfully built"),
            ($"{address}#other:sub", "200", "Successfully built"),
            ($"{address}#absent", "500", "error fetching: fatal: couldn't find remote ref absent\\n: exit status 128"),
            ($"{address}#:abs", "500", "no such file or directory"),
            ($"{address}#-x", "500", "invalid refspec: -x"),
            ($"{address}#+refs/heads/other", "500", "invalid refspec"),
            ($"git://127.0.0.1/a\nb.git", "500", "invalid control character in URL"),
            ($"file://{server.Folder}/repo.git", "500", $"remoteURL (file://{server.Folder}/repo.git) could not be recognized as URL"),
            ("ext::sh -c true", "500", "remoteURL (ext::sh -c true) could not be recognized as URL"),
            ($"http://{web.Address}/Dockerfile", "200", "Successfully built"),
            ($"http://{web.Address}/page", "500", $"error detecting content type for remote http://{web.Address}/page: unsupported Content-Type \\\"\\\""),
            ($"http://{web.Address}/empty", "500", $"error detecting content type for remote http://{web.Address}/empty: empty response"),
            ($"http://{web.Address}/repo.git", "500", "error fetching: "),
        })
        {
            var answer = await BuildAsync(remote);
            Assert.True(answer.Status == status && answer.Body.Contains(text, StringComparison.Ordinal), $"{remote}: {answer}");
        }

        Assert.Empty(Directory.GetDirectories(engine.DataRoot, "docker-build-git*", SearchOption.AllDirectories));
    }

    [SkippableGitFact]
    public async Task Hostile_repositories_lead_nowhere()
    {
        using var server = await GitServer.StartAsync();
        await server.AddAsync("inner.git", ("secret", "a"));
        await server.AddAsync("outer.git", ("Dockerfile", Dockerfile), ("f", "x"));
        await server.GitAsync("outer.git", "submodule", "--quiet", "add", $"{server.Folder}/inner.git", "local");
        await server.CommitAsync("outer.git");
        Assert.Contains("transport 'file' not allowed", (await BuildAsync($"{server.Address}/outer.git")).Body, StringComparison.Ordinal);

        // A submodule of the network's is what submodules are for.
        await server.AddAsync("good.git", ("Dockerfile", "FROM busybox\nCOPY inner/secret /\nCMD [\"cat\", \"/secret\"]\n"));
        await server.GitAsync("good.git", "submodule", "--quiet", "add", $"{server.Address}/inner.git", "inner");
        await server.CommitAsync("good.git");
        (await engine.GantryAsync("build", "-q", "-t", "with-submodule", $"{server.Address}/good.git")).Succeeded();
        Assert.Equal("a", (await engine.GantryAsync("run", "--rm", "with-submodule")).Succeeded().Text);

        // Hooks that the user's git would put into every new repository.
        var marker = Path.Combine(server.Folder, "ran");
        var templates = Path.Combine(server.Folder, "templates", "hooks");
        Directory.CreateDirectory(templates);
        File.WriteAllText(Path.Combine(templates, "post-checkout"), $"#!/bin/sh\ntouch {marker}\n");
        File.SetUnixFileMode(Path.Combine(templates, "post-checkout"), (UnixFileMode)0x1ED);
        var environment = new Dictionary<string, string>(engine.Environment) { ["GIT_TEMPLATE_DIR"] = Path.GetDirectoryName(templates)!, ["GIT_DIR"] = "/nowhere" };
        (await Command.RunAsync(Repository.Binary("gantry"), ["build", "-q", $"{server.Address}/good.git"], null, environment)).Succeeded();
        Assert.False(File.Exists(marker));
    }

    [SkippableGitFact]
    public async Task A_host_without_git_says_so()
    {
        var environment = new Dictionary<string, string>(engine.Environment) { ["PATH"] = "/nowhere" };

        (await Command.RunAsync(Repository.Binary("gantry"), ["build", "git://127.0.0.1/x.git"], null, environment))
            .Failed("unable to prepare context: unable to find 'git': exec: \"git\": executable file not found in $PATH");
    }

    private static async Task<string> RepositoryAsync(GitServer server)
    {
        var address = await server.AddAsync(
            "repo.git", ("Dockerfile", Dockerfile), ("f", "master\n"), ("sub/Dockerfile", Dockerfile), ("sub/f", "below\n"), ("link", "->sub"), ("out", "->../../../../etc"), ("abs", "->/etc"));
        await server.GitAsync("repo.git", "tag", "v1");
        await server.GitAsync("repo.git", "checkout", "-q", "-b", "other");
        File.WriteAllText(Path.Combine(server.Folder, "repo.git", "f"), "other\n");
        await server.CommitAsync("repo.git");
        await server.GitAsync("repo.git", "checkout", "-q", "master");
        return address;
    }

    private async Task<(string Status, string Body)> BuildAsync(string remote)
    {
        var answer = (await Command.RunAsync("curl",
            ["-s", "-X", "POST", "-w", "\n%{http_code}", "--unix-socket", engine.Host["unix://".Length..], $"http://d/v1.51/build?remote={Uri.EscapeDataString(remote)}"])).Succeeded().Output;
        var end = answer.LastIndexOf('\n');
        return (answer[(end + 1)..], answer[..end]);
    }
}

/// <summary>Skipped where git is missing.</summary>
internal sealed class SkippableGitFactAttribute : FactAttribute
{
    public SkippableGitFactAttribute() => Skip = Git.WhyNot;
}

/// <inheritdoc cref="SkippableGitFactAttribute"/>
internal sealed class SkippableGitTheoryAttribute : TheoryAttribute
{
    public SkippableGitTheoryAttribute() => Skip = Git.WhyNot;
}

internal static class Git
{
    internal static string? WhyNot { get; } = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(f => File.Exists(Path.Combine(f, "git"))) ? null : "git is not installed";
}
