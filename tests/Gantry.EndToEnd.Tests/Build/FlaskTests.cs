using Gantry.EndToEnd.Tests.Engine;

namespace Gantry.EndToEnd.Tests.Build;

/// <summary>The main job of Docker's introduction, end to end.</summary>
[Collection(EngineCollection.Name)]
public sealed class FlaskTests(EngineProcess engine)
{
    [Theory]
    [ClassData(typeof(CommandLines))]
    public async Task Builds_runs_and_serves(string client)
    {
        if ((await engine.GantryAsync("image", "inspect", "python:3.9")).ExitCode != 0)
        {
            (await engine.GantryAsync("import", "-c", "ENV PATH=/usr/local/bin:/usr/bin:/bin", Repository.PythonTar, "python:3.9")).Succeeded();
        }

        var context = Path.Combine(Repository.Root, "examples", "flask");
        var build = (await engine.RunAsync(client, "build", "--no-cache", "-t", "flask-app-example", context)).Succeeded();
        if (client == "docker")
        {
            Assert.Matches("(?s)Step 1/7 : FROM python:3.9\n ---> [0-9a-f]{12}\nStep 2/7 : WORKDIR /app\n.*Successfully built [0-9a-f]{12}\nSuccessfully tagged flask-app-example:latest\n", build.Output);
        }

        (await engine.RunAsync(client, "run", "-d", "--name", "flask", "-p", "127.0.0.1:0:5000", "flask-app-example")).Succeeded();
        try
        {
            var address = (await engine.RunAsync(client, "port", "flask", "5000")).Succeeded().Text;
            Assert.Equal("Hello, World!", await FetchAsync($"http://{address}/"));
            Assert.Contains("\"GET / HTTP/1.1\" 200", (await engine.RunAsync(client, "logs", "flask")).Succeeded().Error, StringComparison.Ordinal);
        }
        finally
        {
            await engine.RunAsync(client, "rm", "-f", "flask");
        }

        await TravelsAsync(client);
    }

    /// <summary>What was built is what a registry has: pushed, removed here, pulled and run.</summary>
    private async Task TravelsAsync(string client)
    {
        await using var registry = await RegistryProcess.StartAsync("gantry");
        var name = $"{registry.Address}/flask-app-example";
        (await engine.RunAsync(client, "tag", "flask-app-example", name)).Succeeded();
        (await engine.RunAsync(client, "push", name)).Succeeded();
        (await engine.RunAsync(client, "rmi", "flask-app-example", name)).Succeeded();
        (await engine.RunAsync(client, "pull", name)).Succeeded();

        Assert.Equal("2.2.2", (await engine.RunAsync(client, "run", "--rm", name, "python3", "-c", "import flask; print(flask.__version__)")).Succeeded().Text);
        (await engine.GantryAsync("system", "check")).Succeeded();
        (await engine.RunAsync(client, "rmi", name)).Succeeded();
    }

    private static async Task<string> FetchAsync(string address)
    {
        using var http = new HttpClient();
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return await http.GetStringAsync(new Uri(address));
            }
            catch (HttpRequestException) when (attempt < 100)
            {
                await Task.Delay(100);
            }
        }
    }
}
