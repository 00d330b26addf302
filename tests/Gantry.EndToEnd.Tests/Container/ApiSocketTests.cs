using Gantry.EndToEnd.Tests.Engine;

namespace Gantry.EndToEnd.Tests.Container;

/// <summary>run --use-api-socket: a container that may use the engine, with the credentials of who started it.</summary>
[Collection(EngineCollection.Name)]
public sealed class ApiSocketTests(EngineProcess engine)
{
    private const string Show = "echo $DOCKER_CONFIG; ls -l /run/secrets/docker/config.json | cut -c1-10; cat /run/secrets/docker/config.json";

    [Theory]
    [ClassData(typeof(CommandLines))]
    public async Task The_socket_and_the_credentials_are_there(string client)
    {
        if (!(await engine.RunAsync(client, "run", "--help")).Output.Contains("--use-api-socket", StringComparison.Ordinal))
        {
            return; // a docker from before 28.1
        }

        var config = Config("""{"auths":{"127.0.0.1:5001":{"auth":"dTpw"},"https://index.docker.io/v1/":{"auth":"dTo=","identitytoken":"abc"}},"detachKeys":"ctrl-a"}""");
        var shown = (await engine.RunAsync(client, "--config", config, "run", "--rm", "--network", "none", "--use-api-socket", "busybox", "sh", "-c", Show)).Succeeded().Output;
        Assert.Equal(
            "/run/secrets/docker\n-rw-------\n{\n\t\"auths\": {\n\t\t\"127.0.0.1:5001\": {\n\t\t\t\"auth\": \"dTpw\"\n\t\t},\n\t\t\"https://index.docker.io/v1/\": {\n"
            + "\t\t\t\"auth\": \"dTo=\",\n\t\t\t\"identitytoken\": \"abc\"\n\t\t}\n\t}\n}",
            shown);

        // The engine answers inside.
        var binary = Repository.Binary("gantry");
        var from = client == "docker" ? [] : new[] { "-v", $"{Path.GetDirectoryName(binary)}:/g:ro", "-v", "/lib:/lib:ro", "-v", "/lib64:/lib64:ro", "-v", "/usr/lib:/usr/lib:ro" };
        if (from.Length > 0 && !File.Exists(binary + ".dll"))
        {
            var inside = await engine.RunAsync(
                client, ["--config", config, "run", "--rm", "--network", "none", "--use-api-socket", .. from, "busybox", "/g/gantry", "-H", "unix:///var/run/docker.sock", "ps", "-q"]);
            Assert.NotEmpty(inside.Succeeded().Text);
        }

        // Nothing to give, and a configuration of the container's own.
        Assert.Equal("\n", (await engine.RunAsync(client, "--config", Config("{}"), "run", "--rm", "--network", "none", "--use-api-socket", "busybox", "sh", "-c", "echo $DOCKER_CONFIG")).Succeeded().Output);
        (await engine.RunAsync(client, "--config", config, "run", "--rm", "--network", "none", "--use-api-socket", "-e", "DOCKER_CONFIG=/x", "busybox", "ls", "/run/secrets"))
            .Failed("No such file or directory");
    }

    [Theory]
    [ClassData(typeof(CommandLines))]
    public async Task What_cannot_be_given_is_told_before_anything_is_made(string client)
    {
        if (!(await engine.RunAsync(client, "run", "--help")).Output.Contains("--use-api-socket", StringComparison.Ordinal))
        {
            return;
        }

        (await engine.RunAsync(client, "-H", "tcp://127.0.0.1:1", "create", "--use-api-socket", "busybox"))
            .Failed("flag --use-api-socket can only be used with unix sockets: docker endpoint tcp://127.0.0.1:1 incompatible");
        (await engine.RunAsync(client, "--config", Config("""{"credsStore":"no-such-helper"}"""), "create", "--name", "unmade", "--use-api-socket", "busybox"))
            .Failed("resolving credentials failed: error listing credentials - err: exec: \"docker-credential-no-such-helper\": executable file not found in $PATH, out: ``");
        (await engine.GantryAsync("inspect", "unmade")).Failed("o such object");
    }

    private string Config(string json)
    {
        var folder = Directory.CreateDirectory(Path.Combine(engine.Folder, Path.GetRandomFileName())).FullName;
        File.WriteAllText(Path.Combine(folder, "config.json"), json);
        return folder;
    }
}
