using Gantry.EndToEnd.Tests.Engine;

namespace Gantry.Clients.Tests;

/// <summary>Projects as people write them, brought up and down by docker-compose.</summary>
[Collection(EngineCollection.Name)]
public sealed class ComposeTests(EngineProcess engine)
{
    /// <summary>A web server that becomes well when its data base has said so, and a client of it.</summary>
    private const string TwoServices = """
        version: "2.4"
        services:
          db:
            image: busybox
            command: sh -c "sleep 1; echo ready > /state/db; exec sleep 1000"
            stop_signal: SIGKILL
            volumes: ["state:/state"]
            healthcheck: {test: "test -e /state/db", interval: 300ms, timeout: 5s, retries: 50}
          web:
            image: busybox
            command: sh -c "cat /state/db; exec httpd -f -p 80 -h /state"
            stop_signal: SIGKILL
            environment: {MODE: test, FROM_HOST: "${FROM_HOST:-unset}"}
            env_file: [web.env]
            ports: ["127.0.0.1::80"]
            volumes: ["state:/state:ro"]
            networks: {default: {aliases: [site]}}
            depends_on: {db: {condition: service_healthy}}
        volumes: {state: {}}
        """;

    [ComposeTheory]
    [ClassData(typeof(ComposeClients))]
    public async Task A_project_of_two_services_lives_and_leaves_nothing(string client)
    {
        await using var project = new ComposeProject(engine, client, "two", TwoServices);
        project.Write("web.env", "# what the server is told\nFILED=yes\n");
        project.Write(".env", "FROM_HOST=dotenv\n");
        await project.UpAsync();

        // The condition held web back until db was well: what db wrote was there when web started.
        Assert.Equal("healthy", await project.InspectAsync(project.Container("db"), "{{.State.Health.Status}}"));
        Assert.Contains("ready", (await project.RunAsync("logs", "--no-color", "web")).Succeeded().Output, StringComparison.Ordinal);
        Assert.Contains("Up", (await project.RunAsync("ps")).Succeeded().Output, StringComparison.Ordinal);

        var exec = (await project.RunAsync("exec", "-T", "db", "wget", "-qO-", "http://site/db")).Succeeded();
        Assert.Equal("ready", exec.Text);
        var variables = (await project.RunAsync("exec", "-T", "web", "env")).Succeeded().Output;
        Assert.Contains("MODE=test\n", variables, StringComparison.Ordinal);
        Assert.Contains("FILED=yes\n", variables, StringComparison.Ordinal);
        Assert.Contains("FROM_HOST=dotenv\n", variables, StringComparison.Ordinal);
        var failed = await project.RunAsync("exec", "-T", "web", "sh", "-c", "exit 7");
        Assert.Equal(7, failed.ExitCode);

        var address = (await project.RunAsync("port", "web", "80")).Succeeded().Text;
        using var http = new HttpClient();
        Assert.Equal("ready\n", await http.GetStringAsync(new Uri($"http://{address}/db")));
        Assert.Contains("httpd", (await project.RunAsync("top", "web")).Succeeded().Output, StringComparison.Ordinal);
        Assert.Contains("busybox", (await project.RunAsync("images")).Succeeded().Output, StringComparison.Ordinal);

        (await project.RunAsync("down", "-v")).Succeeded();
        Assert.Equal(string.Empty, await project.LeftAsync());
    }

    [ComposeTheory]
    [ClassData(typeof(ComposeClients))]
    public async Task Services_are_scaled_up_and_down(string client)
    {
        await using var project = new ComposeProject(engine, client, "scale", """
            version: "2.4"
            services:
              worker: {image: busybox, command: sleep 1000, stop_signal: SIGKILL}
              caller: {image: busybox, command: sleep 1000, stop_signal: SIGKILL}
            """);
        await project.UpAsync("--scale", "worker=3");
        Assert.Equal(3, await CountAsync(project, "worker"));
        var found = (await project.RunAsync("exec", "-T", "caller", "nslookup", "-type=a", "worker")).Output;
        Assert.Equal(3, found.Split('\n').Count(l => l.StartsWith("Address: ", StringComparison.Ordinal) && !l.Contains("127.0.0.11", StringComparison.Ordinal)));

        await project.UpAsync("--scale", "worker=1");
        Assert.Equal(1, await CountAsync(project, "worker"));
        Assert.Equal("running", await project.InspectAsync(project.Container("worker"), "{{.State.Status}}"));
    }

    [ComposeTheory]
    [ClassData(typeof(ComposeClients))]
    public async Task Containers_are_stopped_paused_restarted_killed_and_made_anew_when_their_file_changes(string client)
    {
        const string File = """
            version: "2.4"
            services:
              one: {image: busybox, command: sleep 1000, stop_signal: SIGKILL, labels: {v: "1"}}
            """;
        await using var project = new ComposeProject(engine, client, "life", File);
        var container = project.Container("one");
        await project.UpAsync();
        var first = await project.InspectAsync(container, "{{.Id}}");
        await project.UpAsync();
        Assert.Equal(first, await project.InspectAsync(container, "{{.Id}}"));

        (await project.RunAsync("pause")).Succeeded();
        Assert.Equal("paused", await project.InspectAsync(container, "{{.State.Status}}"));
        (await project.RunAsync("unpause")).Succeeded();
        var started = await project.InspectAsync(container, "{{.State.StartedAt}}");
        (await project.RunAsync("restart", "-t", "0")).Succeeded();
        Assert.NotEqual(started, await project.InspectAsync(container, "{{.State.StartedAt}}"));
        (await project.RunAsync("kill")).Succeeded();
        Assert.Equal("137", (await engine.GantryAsync("wait", container)).Succeeded().Text);
        (await project.RunAsync("start")).Succeeded();
        (await project.RunAsync("stop", "-t", "1")).Succeeded();
        Assert.Equal("exited", await project.InspectAsync(container, "{{.State.Status}}"));

        // Version 1 reads a member of images that Docker has no more since version 25, and fails with Docker's engine too.
        if (project.IsPlugin)
        {
            project.Write("docker-compose.yml", File.Replace("\"1\"", "\"2\"", StringComparison.Ordinal));
            await project.UpAsync();
            Assert.NotEqual(first, await project.InspectAsync(container, "{{.Id}}"));
            Assert.Equal("2", await project.InspectAsync(container, "{{.Config.Labels.v}}"));
        }

        (await project.RunAsync("rm", "-sf")).Succeeded();
        Assert.NotEqual(0, (await engine.GantryAsync("inspect", container)).ExitCode);
    }

    [ComposeTheory]
    [ClassData(typeof(ComposeClients))]
    public async Task A_service_is_built_and_run_once_with_its_exit_code(string client)
    {
        await using var project = new ComposeProject(engine, client, "built", """
            version: "2.4"
            services:
              tool:
                build: {context: ., args: {WHO: compose}}
                network_mode: none
            """);
        project.Write("Dockerfile", "FROM busybox\nARG WHO\nRUN echo made for $WHO > /f\nCMD [\"cat\", \"/f\"]\n");
        (await project.RunAsync("build")).Succeeded();

        Assert.Equal("made for compose", (await project.RunAsync("run", "--rm", "-T", "tool")).Succeeded().Text);
        Assert.Equal(5, (await project.RunAsync("run", "--rm", "-T", "tool", "sh", "-c", "exit 5")).ExitCode);
        Assert.Equal(string.Empty, await project.LeftAsync());
    }

    [ComposeTheory]
    [ClassData(typeof(ComposeClients))]
    public async Task Profiles_networks_and_a_failed_dependency_are_kept_to(string client)
    {
        await using var project = new ComposeProject(engine, client, "nets", """
            version: "2.4"
            services:
              front: {image: busybox, command: sleep 1000, stop_signal: SIGKILL, networks: [outer, inner]}
              back: {image: busybox, command: sleep 1000, stop_signal: SIGKILL, networks: {inner: {ipv4_address: 10.232.9.7}}}
              debug: {image: busybox, command: sleep 1000, stop_signal: SIGKILL, networks: [outer], profiles: [extra]}
            networks:
              outer: {}
              inner: {internal: true, ipam: {config: [{subnet: 10.232.9.0/24}]}}
            """);
        await project.UpAsync();
        Assert.Equal(0, await CountAsync(project, "debug"));
        Assert.Equal("10.232.9.7", await project.InspectAsync(project.Container("back"), "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"));
        (await project.RunAsync("exec", "-T", "front", "ping", "-c", "1", "-W", "5", "back")).Succeeded();

        (await project.RunAsync("--profile", "extra", "up", "-d")).Succeeded();
        Assert.Equal(1, await CountAsync(project, "debug"));
        Assert.NotEqual(0, (await project.RunAsync("exec", "-T", "debug", "ping", "-c", "1", "-W", "1", "10.232.9.7")).ExitCode);
        (await project.RunAsync("--profile", "extra", "down", "-t", "0")).Succeeded();
        Assert.Equal(string.Empty, await project.LeftAsync());
    }

    [ComposeTheory]
    [ClassData(typeof(ComposeClients))]
    public async Task Up_in_the_foreground_ends_with_the_code_of_the_service_that_counts(string client)
    {
        await using var project = new ComposeProject(engine, client, "code", """
            version: "2.4"
            services:
              test: {image: busybox, command: sh -c "echo tested; exit 3"}
              beside: {image: busybox, command: sleep 1000, stop_signal: SIGKILL}
            """);
        var up = await project.RunAsync("up", "--exit-code-from", "test");
        Assert.Equal(3, up.ExitCode);
        Assert.Contains("tested", up.Output, StringComparison.Ordinal);
        Assert.Equal("exited", await project.InspectAsync(project.Container("beside"), "{{.State.Status}}"));
    }

    private async Task<int> CountAsync(ComposeProject project, string service)
    {
        var filter = $"label=com.docker.compose.service={service}";
        var list = await engine.GantryAsync("ps", "-q", "--filter", $"label=com.docker.compose.project={project.Name}", "--filter", filter);
        return list.Succeeded().Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length;
    }
}
