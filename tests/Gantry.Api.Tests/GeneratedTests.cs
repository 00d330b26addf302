using System.Runtime.CompilerServices;
using System.Text.Json;
using Gantry.ApiGenerator;

namespace Gantry.Api.Tests;

public sealed class GeneratedTests
{
    [Fact]
    public void Committed_types_are_what_the_generator_writes()
    {
        var project = Path.GetFullPath(Path.Combine(Folder(), "..", "..", "src", "model", "Gantry.Api"));
        var files = Generator.Generate(
            File.ReadAllText(Path.Combine(project, "Specification", "engine-api-v1.51.yaml")),
            File.ReadAllLines(Path.Combine(project, "Specification", "overrides.txt")));
        var committed = Directory.EnumerateFiles(Path.Combine(project, "Generated")).ToDictionary(f => Path.GetFileName(f)!, File.ReadAllText);

        Assert.Equal(files.Keys.Order(), committed.Keys.Order());
        Assert.All(files, file => Assert.Equal(file.Value, committed[file.Key]));
    }

    [Fact]
    public void Reading_takes_names_in_any_case_and_a_string_for_a_command()
    {
        var create = JsonSerializer.Deserialize("""{"image":"busybox","cmd":"ls","ENTRYPOINT":["a",null],"hostConfig":{"Memory":1},"unknown":[1]}""", ApiJson.Default.ContainerCreateRequest)!;

        Assert.Equal("busybox", create.Image);
        Assert.Equal(["ls"], create.Cmd!);
        Assert.Equal(["a", ""], create.Entrypoint!);
        Assert.Equal(1, create.HostConfig!.Memory);
    }

    [Fact]
    public void Nulls_and_zeros_are_written_only_where_a_real_engine_writes_them()
    {
        var json = JsonSerializer.Serialize(new EndpointSettings { NetworkID = "n" }, ApiJson.Default.EndpointSettings);

        Assert.Contains("\"Aliases\":null", json, StringComparison.Ordinal);
        Assert.Contains("\"MacAddress\":\"\"", json, StringComparison.Ordinal);
        Assert.Equal("{}", JsonSerializer.Serialize(new EndpointIPAMConfig(), ApiJson.Default.EndpointIPAMConfig));
    }

    [Theory]
    [InlineData("2024-05-06T07:08:09Z")]
    [InlineData("2024-05-06T07:08:09.1Z")]
    [InlineData("2024-05-06T07:08:09.1234567Z")]
    public void Go_times_round_trip(string text)
    {
        Assert.True(GoTime.TryParse(text, out var time));
        Assert.Equal(text, GoTime.Format(time));
    }

    [Fact]
    public void Go_times_of_nanosecond_resolution_are_read()
    {
        Assert.True(GoTime.TryParse("2024-05-06T07:08:09.123456789+02:00", out var time));
        Assert.Equal("2024-05-06T05:08:09.1234567Z", GoTime.Format(time));
        Assert.Equal("1970-01-01T00:00:01.000000005Z", GoTime.FormatNanoseconds(1_000_000_005));
    }

    private static string Folder([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;
}
