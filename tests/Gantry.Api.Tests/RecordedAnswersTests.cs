using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace Gantry.Api.Tests;

/// <summary>
/// Answers of a real engine (Docker Engine 26.1, API 1.45), each in Recorded/TYPE.NOTE.json: read and written again they are the same text,
/// member for member in the same order. So null, [], "", 0 and what is left out come out as clients know them.
/// </summary>
public sealed class RecordedAnswersTests
{
    private static string Folder => Path.Combine(AppContext.BaseDirectory, "Recorded");

    public static TheoryData<string> Files => [.. Directory.EnumerateFiles(Folder).Select(file => Path.GetFileName(file)!).Order()];

    [Theory]
    [MemberData(nameof(Files))]
    public void Read_and_written_again_it_is_the_same(string file)
    {
        var recorded = JsonNode.Parse(File.ReadAllText(Path.Combine(Folder, file)))!;
        var type = TypeOf(file);

        var value = recorded.Deserialize(type)!;
        var written = JsonSerializer.SerializeToNode(value, type)!;

        Assert.Equal(Text(Expected(recorded)), Text(written));
    }

    [Fact]
    public void The_direct_reader_and_writer_do_the_same()
    {
        var json = File.ReadAllBytes(Path.Combine(Folder, "ContainerInspectResponse.running.json"));
        var value = DirectJson.Parse(json, ContainerInspectResponse.ReadFrom)!;
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            value.WriteTo(writer);
        }

        Assert.Equal(Text(Expected(JsonNode.Parse(json)!)), Text(JsonNode.Parse(stream.ToArray())!));
        using var unset = new MemoryStream();
        using (var writer = new Utf8JsonWriter(unset))
        {
            new ContainerState().WriteTo(writer);
        }

        Assert.Equal(JsonSerializer.Serialize(new ContainerState(), ApiJson.Default.ContainerState), Encoding.UTF8.GetString(unset.ToArray()));
    }

    [Fact]
    public void What_was_never_set_comes_out_as_go_writes_it() => Assert.Equal(
        """{"Status":"","Running":false,"Paused":false,"Restarting":false,"OOMKilled":false,"Dead":false,"Pid":0,"ExitCode":0,"Error":"","StartedAt":"","FinishedAt":""}""",
        JsonSerializer.Serialize(new ContainerState(), ApiJson.Default.ContainerState));

    private static JsonTypeInfo TypeOf(string file)
    {
        var parts = file.Split('.');
        var type = typeof(ContainerConfig).Assembly.GetType($"Gantry.Api.{(parts[0] == "List" ? parts[1] : parts[0])}", throwOnError: true)!;
        return ApiJson.Default.GetTypeInfo(parts[0] == "List" ? typeof(List<>).MakeGenericType(type) : type)!;
    }

    /// <summary>The record as an engine of API 1.51 would write it.</summary>
    private static JsonNode Expected(JsonNode recorded)
    {
        var node = recorded.DeepClone();
        foreach (var item in Objects(node).ToList())
        {
            item.Remove("Expected");
            item.Remove("AllowNondistributableArtifactsCIDRs");
            item.Remove("AllowNondistributableArtifactsHostnames");
            InsertAfter(item, "DriverOpts", "GwPriority", item.ContainsKey("DNSNames"), 0);
            InsertBefore(item, "EnableIPv6", "EnableIPv4", item.ContainsKey("IPAM"), false);
            MoveToFront(item, "id", "name", item.ContainsKey("pids_stats"));
            if (item.ContainsKey("RootFS"))
            {
                RemoveContainerMembers(item["Config"]!.AsObject());
            }
        }

        return node;
    }

    private static void InsertAfter(JsonObject item, string after, string name, bool when, JsonNode value)
    {
        // Since API 1.48 the driver options precede the addresses, with the gateway priority after them.
        if (when && item.ContainsKey(after) && !item.ContainsKey(name))
        {
            var options = item[after]?.DeepClone();
            item.Remove(after);
            var at = item.IndexOf("NetworkID");
            item.Insert(at, name, value);
            item.Insert(at, after, options);
        }
    }

    private static void InsertBefore(JsonObject item, string before, string name, bool when, JsonNode value)
    {
        if (when && item.ContainsKey(before) && !item.ContainsKey(name))
        {
            item.Insert(item.IndexOf(before), name, value);
        }
    }

    private static void MoveToFront(JsonObject item, string second, string first, bool when)
    {
        foreach (var name in when ? new[] { second, first } : [])
        {
            var value = item[name]?.DeepClone();
            item.Remove(name);
            item.Insert(0, name, value);
        }
    }

    /// <summary>An image's configuration has lost the members that only containers have (API 1.50).</summary>
    private static void RemoveContainerMembers(JsonObject config)
    {
        foreach (var name in new[] { "Hostname", "Domainname", "AttachStdin", "AttachStdout", "AttachStderr", "Tty", "OpenStdin", "StdinOnce", "Image" })
        {
            config.Remove(name);
        }
    }

    private static IEnumerable<JsonObject> Objects(JsonNode? node) => node switch
    {
        JsonObject item => item.SelectMany(member => Objects(member.Value)).Prepend(item),
        JsonArray list => list.SelectMany(Objects),
        _ => [],
    };

    private static string Text(JsonNode node) => node.ToJsonString(new JsonSerializerOptions { WriteIndented = true });
}
