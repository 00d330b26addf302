using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Gantry.Build.Tests.Support;
using Gantry.IO.Git;

namespace Gantry.Build.Tests.Building;

/// <summary>Git repositories as BuildKit takes them: as a build's context and as a source of ADD.</summary>
public sealed class GitSourceTests
{
    [GitFact]
    public async Task A_context_has_no_git_folder_unless_it_is_asked_for_and_the_remotes_branch()
    {
        await using var harness = await Harness.CreateAsync();
        using var server = await Repositories.StartAsync();
        server.Make("repo.git", "trunk", ("Dockerfile", "FROM busybox\nCOPY . /x\nRUN ls -A /x; cat /x/f\n"), ("f", "one\n"));

        var (transcript, image) = await harness.TryBuildAsync(new BuildRequest { Style = BuildStyle.BuildKit, Remote = $"{server.Address}/repo.git" });
        Assert.True(image is not null, transcript);
        Assert.Contains("one\n", transcript, StringComparison.Ordinal);
        Assert.DoesNotContain(".git", transcript.Replace("repo.git", "", StringComparison.Ordinal), StringComparison.Ordinal);

        (transcript, image) = await harness.TryBuildAsync(new BuildRequest
        {
            Style = BuildStyle.BuildKit,
            Remote = $"{server.Address}/repo.git#trunk",
            BuildArguments = new Dictionary<string, string?> { ["BUILDKIT_CONTEXT_KEEP_GIT_DIR"] = "1" },
        });
        Assert.True(image is not null, transcript);
        Assert.Contains(".git\n", transcript, StringComparison.Ordinal);

        // The classic builder takes master.
        (transcript, image) = await harness.TryBuildAsync(new BuildRequest { Remote = $"{server.Address}/repo.git" });
        Assert.Null(image);
        Assert.Contains("error fetching: fatal: couldn't find remote ref master", transcript, StringComparison.Ordinal);
        Assert.Empty(Directory.GetDirectories(harness.TemporaryFolder));
    }

    [GitFact]
    public async Task ADD_of_a_repository()
    {
        await using var harness = await Harness.CreateAsync();
        using var server = await Repositories.StartAsync();
        var commit = server.Make("repo.git", "master", ("f", "one\n"), ("sub/g", "two\n"));
        var url = $"{server.Address}/repo.git";

        var (transcript, image) = await AddAsync(harness, $"ADD {url} /a/\nADD --keep-git-dir=true {url} /b\nADD {url}#master:sub /c\nADD --checksum={commit} {url} /d\nADD --checksum={commit[..8]} {url}#{commit} /e");
        Assert.True(image is not null, transcript);
        Assert.Contains("/a:\nf\nsub\n", transcript, StringComparison.Ordinal);
        Assert.Contains("/b:\n.git\nf\nsub\n", transcript, StringComparison.Ordinal);
        Assert.Contains("/c:\ng\n", transcript, StringComparison.Ordinal);

        foreach (var (line, error) in new[]
        {
            ($"ADD --checksum={new string('0', 40)} {url} /d", $"expected checksum to match {new string('0', 40)}, got {commit}"),
            ($"ADD --checksum=sha256:{new string('0', 64)} {url} /d", "for a git source"),
            ($"ADD {url}#absent /d", "couldn't find remote ref absent"),
            ($"ADD {url}#--upload-pack=x /d", "invalid refspec: --upload-pack=x"),
            ($"ADD {url} f /d/", "ADD of a repository together with other sources in one instruction is not supported"),
        })
        {
            (transcript, image) = await AddAsync(harness, line);
            Assert.True(image is null && transcript.Contains(error, StringComparison.Ordinal), $"{line}: {transcript}");
        }
    }

    [GitFact]
    public async Task A_named_context_is_fetched_once_and_mounted_or_copied()
    {
        await using var harness = await Harness.CreateAsync();
        using var server = await Repositories.StartAsync();
        server.Make("repo.git", "master", ("f", "one\n"));
        var request = new BuildRequest
        {
            Style = BuildStyle.BuildKit,
            NamedContexts = new Dictionary<string, NamedContext> { ["src"] = new() { Repository = $"{server.Address}/repo.git" } },
        };

        var (transcript, image) = await harness.TryBuildAsync(request with
        {
            ContextTar = Harness.Context("FROM busybox\nCOPY --from=src /f /copied\nRUN --mount=from=src,target=/m cat /copied /m/f; ls -A /m\n"),
        });
        Assert.True(image is not null, transcript);
        Assert.Contains("one\none\nf\n", transcript, StringComparison.Ordinal);

        (transcript, image) = await harness.TryBuildAsync(request with { ContextTar = Harness.Context("FROM src\n") });
        Assert.True(image is null && transcript.Contains("can't be the base of a stage", StringComparison.Ordinal), transcript);
    }

    [Theory]
    [InlineData("https://host/a.git", true)]
    [InlineData("https://host/a.git#ref:dir", true)]
    [InlineData("http://host/a.git#", false)]
    [InlineData("https://host/a.gitx", false)]
    [InlineData("https://host/a", false)]
    [InlineData("git://host/a", true)]
    [InlineData("git@host:a", true)]
    [InlineData("github.com/a/b", true)]
    [InlineData("github.com", false)]
    [InlineData("ssh://host/a.git", false)]
    [InlineData("file:///a.git", false)]
    [InlineData("ext::sh -c true", false)]
    [InlineData("--upload-pack=x.git", false)]
    public void What_is_a_repository(string text, bool isGit) => Assert.Equal(isGit, GitAddress.IsGit(text));

    [Theory]
    [InlineData("github.com/a/b#v1:c:d", "https://github.com/a/b", "v1", "c:d")]
    [InlineData("git@host:a/b.git#:c", "git@host:a/b.git", "", "c")]
    [InlineData("https://u@host/a.git#re%23f", "https://u@host/a.git", "re#f", "")]
    [InlineData("git://host/a", "git://host/a", "", "")]
    public void Addresses_are_taken_apart(string text, string remote, string reference, string folder) =>
        Assert.Equal(new GitAddress(remote, reference, folder), GitAddress.Parse(text));

    private static Task<(string Transcript, Oci.ImageConfig? Image)> AddAsync(Harness harness, string lines) => harness.TryBuildAsync(new BuildRequest
    {
        Style = BuildStyle.BuildKit,
        ContextTar = Harness.Context($"FROM busybox\n{lines}\nRUN for d in /a /b /c; do echo $d:; ls -A $d; done 2>/dev/null; true\n", ("f", "f")),
    });
}

/// <summary>A git daemon on loopback.</summary>
internal sealed class Repositories : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("gantry-git-").FullName;
    private readonly Process _daemon;

    private Repositories(int port)
    {
        Address = $"git://127.0.0.1:{port}";
        _daemon = Process.Start(
            new ProcessStartInfo("git", ["daemon", $"--base-path={_folder}", "--export-all", "--listen=127.0.0.1", $"--port={port}", "--reuseaddr"]) { RedirectStandardError = true })!;
    }

    public string Address { get; }

    public static async Task<Repositories> StartAsync()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        var port = ((IPEndPoint)probe.LocalEndpoint).Port;
        probe.Stop();
        var server = new Repositories(port);
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(IPAddress.Loopback, port);
                return server;
            }
            catch (SocketException) when (attempt < 200)
            {
                await Task.Delay(50);
            }
        }
    }

    /// <summary>Returns the commit's id.</summary>
    public string Make(string name, string branch, params (string Path, string Text)[] files)
    {
        var folder = Path.Combine(_folder, name);
        Git(_folder, "init", "-q", "-b", branch, name);
        foreach (var (path, text) in files)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(folder, path))!);
            File.WriteAllText(Path.Combine(folder, path), text);
        }

        Git(folder, "add", "-A");
        Git(folder, "config", "uploadpack.allowAnySHA1InWant", "true");
        Git(folder, "-c", "user.name=n", "-c", "user.email=e@example.com", "commit", "-q", "-m", "m");
        return Git(folder, "rev-parse", "HEAD").Trim();
    }

    public void Dispose()
    {
        _daemon.Kill(entireProcessTree: true);
        _daemon.WaitForExit();
        _daemon.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static string Git(string folder, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("git", ["-C", folder, .. arguments]) { RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return output;
    }
}

/// <summary>Skipped where git is missing.</summary>
internal sealed class GitFactAttribute : FactAttribute
{
    public GitFactAttribute() =>
        Skip = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(f => File.Exists(Path.Combine(f, "git"))) ? null : "git is not installed";
}
