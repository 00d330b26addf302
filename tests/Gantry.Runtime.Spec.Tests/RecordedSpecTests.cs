using System.Text.Json;
using System.Text.Json.Nodes;
using Gantry.Oci;

namespace Gantry.Runtime.Spec.Tests;

/// <summary>Our config.json is that of a real Docker Engine for the same container, member by member.</summary>
public sealed class RecordedSpecTests
{
    public static TheoryData<string> Names => [.. RecordedContainer.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void Same_as_a_real_engine(string name)
    {
        var recorded = RecordedContainer.Load(name);

        var spec = OciSpecBuilder.Build(recorded.Config, recorded.HostConfig, recorded.Context());

        Assert.Equal(recorded.HasSeccomp, spec.Linux!.Seccomp is not null);
        Assert.Equal("/rootfs", spec.Root.Path);
        var ours = JsonSerializer.SerializeToNode(spec, RuntimeSpecJson.Default.RuntimeSpec)!.AsObject();
        Assert.Equal(Text(NormalizeRecorded(recorded)), Text(NormalizeOurs(ours, recorded)));
    }

    [Fact]
    public void There_are_records() => Assert.True(RecordedContainer.Names.Count() > 25);

    private static JsonObject NormalizeOurs(JsonObject spec, RecordedContainer recorded)
    {
        spec.Remove("ociVersion");
        spec["root"]!.AsObject().Remove("path");
        var linux = spec["linux"]!.AsObject();
        linux.Remove("seccomp");
        if (recorded.HostConfig.Privileged == true)
        {
            linux.Remove("devices");
        }

        // An explicit "no swap limit" is what leaving it out means to the runtimes.
        if (linux["resources"]!["memory"]?["swap"]?.GetValue<long>() == -1)
        {
            linux["resources"]!["memory"]!.AsObject().Remove("swap");
        }

        Prune(spec);
        SortMounts(spec);
        return spec;
    }

    private static JsonObject NormalizeRecorded(RecordedContainer recorded)
    {
        var spec = recorded.Spec.DeepClone().AsObject();
        spec.Remove("hasSeccomp");
        var resources = spec["linux"]!["resources"]!.AsObject();
        if (resources["memory"]!["disableOOMKiller"]!.GetValue<bool>() == false)
        {
            resources["memory"]!.AsObject().Remove("disableOOMKiller");
        }

        resources["devices"] = recorded.HostConfig.Privileged == true
            ? new JsonArray(resources["devices"]!.AsArray()[^1]!.DeepClone())
            : WithoutRepetition(resources["devices"]!.AsArray());
        Prune(spec);
        SortMounts(spec);
        return spec;
    }

    /// <summary>Docker's order among mounts of the same depth is that of a Go map: none.</summary>
    private static void SortMounts(JsonObject spec)
    {
        const int KernelMounts = 6;
        var mounts = spec["mounts"]!.AsArray().Select(mount => mount!.DeepClone()).ToList();
        foreach (var options in mounts.Where(m => m["source"]?.GetValue<string>().StartsWith("/var/lib/docker/containers/", StringComparison.Ordinal) == true)
            .Select(m => m["options"]!.AsArray()))
        {
            // The engine's own files: nothing can be mounted below a file, so we ask for plain read-only, which crun 1.8 takes.
            if (options.FirstOrDefault(o => o!.GetValue<string>() == "rro") is { } recursive)
            {
                options[options.IndexOf(recursive)] = "ro";
            }
        }

        foreach (var options in mounts.Select(m => m["options"]!.AsArray()).Where(o => o.Any(v => v!.GetValue<string>() == "bind")))
        {
            // A bind of one mount alone: we leave the recursion out of the propagation, which crun takes for the bind's.
            if (options.FirstOrDefault(o => o!.GetValue<string>() == "rprivate") is { } propagation)
            {
                options[options.IndexOf(propagation)] = "private";
            }
        }

        string Destination(JsonNode mount) => mount["destination"]!.GetValue<string>();
        var sorted = mounts.Skip(KernelMounts).OrderBy(mount => Destination(mount).Count(c => c == '/')).ThenBy(Destination, StringComparer.Ordinal);
        spec["mounts"] = new JsonArray([.. mounts.Take(KernelMounts), .. sorted]);
    }

    /// <summary>Docker writes its default rules twice; -1 stands for any number.</summary>
    private static JsonArray WithoutRepetition(JsonArray rules)
    {
        const int Defaults = 8;
        var kept = new JsonArray([.. rules.Skip(Defaults).Select(rule => rule!.DeepClone())]);
        foreach (var rule in kept)
        {
            if (rule!["minor"]?.GetValue<long>() == -1)
            {
                rule.AsObject().Remove("minor");
            }
        }

        return kept;
    }

    /// <summary>Takes out empty members, which mean the same as missing ones.</summary>
    private static void Prune(JsonNode node)
    {
        if (node is JsonArray array)
        {
            foreach (var item in array)
            {
                Prune(item!);
            }
        }
        else if (node is JsonObject members)
        {
            foreach (var (name, value) in members.ToList())
            {
                if (value is not null)
                {
                    Prune(value);
                }

                if (value is null or JsonArray { Count: 0 } or JsonObject { Count: 0 })
                {
                    members.Remove(name);
                }
            }
        }
    }

    /// <summary>Indented, with the members of objects in the order of their names.</summary>
    private static string Text(JsonNode node) => Sort(node)!.ToJsonString(new JsonSerializerOptions { WriteIndented = true });

    private static JsonNode? Sort(JsonNode? node) => node switch
    {
        JsonObject members => new JsonObject(members.OrderBy(m => m.Key, StringComparer.Ordinal).Select(m => KeyValuePair.Create(m.Key, Sort(m.Value)))),
        JsonArray items => new JsonArray([.. items.Select(Sort)]),
        _ => node?.DeepClone(),
    };
}
