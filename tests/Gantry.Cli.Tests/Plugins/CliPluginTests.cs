using Gantry.Cli.Tests.SideBySide;

namespace Gantry.Cli.Tests.Plugins;

/// <summary>Programs docker-NAME in the plugin directories are commands.</summary>
public sealed class CliPluginTests : SideBySideTests
{
    private const string Script =
        "#!/bin/sh\nif [ \"$1\" = docker-cli-plugin-metadata ]; then echo '{\"SchemaVersion\":\"0.1.0\",\"Vendor\":\"us\",\"Version\":\"1\",\"ShortDescription\":\"Says hello\"}'; exit; fi\n"
        + "echo \"args:$*\"; echo \"called:${DOCKER_CLI_PLUGIN_ORIGINAL_CLI_COMMAND##*/}\"; exit 5\n";

    [Fact]
    public async Task A_plugin_gets_all_arguments_and_its_exit_code_is_ours()
    {
        using var runner = Prepare("hello", Script);
        var (code, output, error) = await runner.RunAsync("docker -c default hello a --b c");

        Assert.Equal((5, "args:-c default hello a --b c\n", ""), (code, output.Split("called")[0], error));
    }

    [Fact]
    public async Task Help_lists_it_with_a_star()
    {
        using var runner = Prepare("hello", Script);
        var (_, output, _) = await runner.RunAsync("docker --help");

        Assert.Contains("\n  hello*      Says hello\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_plugin_can_t_take_the_place_of_a_command()
    {
        using var runner = Prepare("context", Script);
        var (code, output, _) = await runner.RunAsync("docker context show");

        Assert.Equal((0, "default\n"), (code, output));
    }

    [Fact]
    public async Task A_plugin_that_does_not_describe_itself_is_not_listed()
    {
        using var runner = Prepare("broken", "#!/bin/sh\nexit 1\n");
        var (_, output, _) = await runner.RunAsync("docker --help");

        Assert.DoesNotContain("broken", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("docker build -t x .", "args:hello build -t x .\n")]
    [InlineData("docker image build .", "args:hello build .\n")]
    [InlineData("docker builder ls", "args:hello ls\n")]
    public async Task The_builder_s_alias_takes_builds(string command, string arguments)
    {
        using var runner = Prepare("hello", Script);
        await File.WriteAllTextAsync(Path.Combine(runner.Folder, "home", ".docker", "config.json"), """{"aliases":{"builder":"hello"}}""");
        var (_, output, _) = await runner.RunAsync(command);

        Assert.Equal(arguments, output.Split("called")[0]);
    }

    private static CommandRunner Prepare(string name, string script)
    {
        var runner = new CommandRunner(Ours);
        var folder = Path.Combine(runner.Folder, "home", ".docker", "cli-plugins");
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, "docker-" + name);
        File.WriteAllText(path, script);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return runner;
    }
}
