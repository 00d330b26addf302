using System.Text.Json;
using Gantry.EndToEnd.Tests.Engine;

namespace Gantry.EndToEnd.Tests.Image;

/// <summary>Registries that want a name and a password: login, push, pull, logout, with every command line against every registry.</summary>
[Collection(EngineCollection.Name)]
public sealed class LoginTests(EngineProcess engine)
{
    /// <summary>"secret" in bcrypt.</summary>
    private const string Users = "ann:$2y$05$8Wp0T0lHLv0P4mhgoTuyu.HS/1wXVzufD4uTgaqTuvTXodL.uQxOy\n";

    public static TheoryData<string, string, string[]> Cases
    {
        get
        {
            var cases = new TheoryData<string, string, string[]>();
            string[] clients = EngineProcess.DockerCli is null ? ["gantry"] : ["gantry", "docker"];
            foreach (var client in clients)
            {
                cases.Add(client, "gantry", []);
                cases.Add(client, "gantry", ["--token-service"]);
                cases.Add(client, "docker-registry", []);
            }

            return cases;
        }
    }

    private string ConfigFile => Path.Combine(engine.Folder, "config", "config.json");

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Who_logged_in_pushes_and_pulls(string client, string kind, string[] flags)
    {
        await using var registry = await RegistryProcess.StartAsync(kind, Users, flags);
        var name = $"{registry.Address}/team/box:v1";
        (await engine.GantryAsync("tag", "busybox", name)).Succeeded();

        Assert.NotEqual(0, (await engine.RunAsync(client, "push", name)).ExitCode);
        var wrong = await engine.RunAsync(client, "login", "-u", "ann", "-p", "wrong", registry.Address);
        Assert.Equal(1, wrong.ExitCode);
        Assert.Contains("unauthorized", wrong.Error, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("Login Succeeded", (await engine.RunAsync(client, "login", "-u", "ann", "-p", "secret", registry.Address)).Succeeded().Output, StringComparison.Ordinal);
        // A token service's refresh token is stored in place of the password: "ann:" and "ann:secret".
        Assert.Equal(flags.Length > 0 ? "YW5uOg==" : "YW5uOnNlY3JldA==", Stored(registry.Address));

        (await engine.RunAsync(client, "push", name)).Succeeded();
        (await engine.RunAsync(client, "rmi", name)).Succeeded();
        (await engine.RunAsync(client, "pull", name)).Succeeded();
        (await engine.RunAsync(client, "rmi", name)).Succeeded();

        Assert.Equal($"Removing login credentials for {registry.Address}", (await engine.RunAsync(client, "logout", registry.Address)).Succeeded().Text);
        Assert.Null(Stored(registry.Address));
        var refused = await engine.RunAsync(client, "pull", name);
        Assert.Equal(1, refused.ExitCode);
    }

    [Fact]
    public async Task A_credential_helper_keeps_the_password()
    {
        await using var registry = await RegistryProcess.StartAsync("gantry", Users);
        var helpers = Directory.CreateDirectory(Path.Combine(engine.Folder, "helpers")).FullName;
        var helper = Path.Combine(helpers, "docker-credential-kept");
        await File.WriteAllTextAsync(helper, """
            #!/bin/sh
            file=$(dirname "$0")/kept
            case $1 in
              store) cat >"$file" ;;
              get) if [ -s "$file" ]; then cat "$file"; else echo "credentials not found in native keychain"; exit 1; fi ;;
              erase) rm -f "$file" ;;
              list) if [ -s "$file" ]; then echo '{"'"$(sed 's/.*"ServerURL":"\([^"]*\)".*/\1/' "$file")"'":"ann"}'; else echo '{}'; fi ;;
            esac
            """);
        File.SetUnixFileMode(helper, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var config = Directory.CreateDirectory(Path.Combine(engine.Folder, "helper-config")).FullName;
        await File.WriteAllTextAsync(Path.Combine(config, "config.json"), """{"credsStore":"kept"}""");
        var environment = new Dictionary<string, string>(engine.Environment)
        {
            ["DOCKER_CONFIG"] = config,
            ["PATH"] = helpers + ":" + Environment.GetEnvironmentVariable("PATH"),
        };
        Task<Result> Run(params string[] arguments) => Command.RunAsync(Repository.Binary("gantry"), arguments, environment: environment);
        var name = $"{registry.Address}/box:v1";
        (await Run("tag", "busybox", name)).Succeeded();

        (await Command.RunAsync(Repository.Binary("gantry"), ["login", "-u", "ann", "--password-stdin", registry.Address], "secret\n", environment)).Succeeded();

        Assert.Contains("secret", await File.ReadAllTextAsync(Path.Combine(helpers, "kept")), StringComparison.Ordinal);
        Assert.DoesNotContain("YW5u", await File.ReadAllTextAsync(Path.Combine(config, "config.json")), StringComparison.Ordinal);
        (await Run("push", "-q", name)).Succeeded();
        (await Run("rmi", name)).Succeeded();
        (await Run("pull", "-q", name)).Succeeded();
        (await Run("rmi", name)).Succeeded();
        (await Run("logout", registry.Address)).Succeeded();
        Assert.False(File.Exists(Path.Combine(helpers, "kept")));
    }

    /// <summary>What the configuration file holds for a registry: name and password in base64.</summary>
    private string? Stored(string address)
    {
        using var config = JsonDocument.Parse(File.ReadAllText(ConfigFile));
        return config.RootElement.TryGetProperty("auths", out var auths) && auths.TryGetProperty(address, out var entry) ? entry.GetProperty("auth").GetString() : null;
    }
}
