using System.Formats.Tar;
using System.Text;
using Gantry.Errors;
using Gantry.Oci;
using Gantry.Registry.Tests.Support;

namespace Gantry.Registry.Tests.Check;

/// <summary>Archives that docker save wrote before Docker 1.10, and what a load leaves behind.</summary>
public sealed class LegacyLoadTests
{
    private static readonly string s_first = new('a', 64);
    private static readonly string s_second = new('b', 64);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Every_layer_becomes_an_image(bool childFirst)
    {
        await using var store = TestStore.Open();

        var loaded = await store.Images.LoadAsync(Archive(childFirst, s_first));

        Assert.Empty(loaded);
        var image = store.Images.Resolve("legacy/img:1");
        Assert.False(image.Parent.IsEmpty);
        Assert.True(store.Images.Resolve(image.Parent.ToString()).Parent.IsEmpty);
        var config = store.Images.Config(image.Id);
        Assert.Equal(["A=b"], config.Config!.Env);
        Assert.Equal(["/bin/sh -c #(nop) ADD x", "/bin/sh -c #(nop) ADD y"], config.History!.Select(h => h.CreatedBy));
        var chain = ChainId.Of(config.RootFs.DiffIds);
        Assert.Equal(("one", "two"), (Text(store, chain[1], "f1"), Text(store, chain[1], "f2")));
        Assert.Empty((await store.CheckAsync()).Problems);
        Assert.Equal(2, store.Images.Content.Enumerate().Count()); // the two configs; the layers' tars are unpacked
    }

    [Fact]
    public async Task Parents_in_a_circle()
    {
        await using var store = TestStore.Open();

        var exception = await Assert.ThrowsAsync<GantryException>(() => store.Images.LoadAsync(Archive(false, s_first, firstsParent: s_second)));

        Assert.Contains("is its own ancestor", exception.Message, StringComparison.Ordinal);
        Assert.Equal(0, store.Images.Count());
        Assert.Empty(store.Images.Content.Enumerate());
    }

    [Fact]
    public async Task Missing_parent()
    {
        await using var store = TestStore.Open();

        var exception = await Assert.ThrowsAsync<GantryException>(() => store.Images.LoadAsync(Archive(false, new string('c', 64))));

        Assert.Equal($"invalid archive: {new string('c', 64)}/json is missing", exception.Message);
    }

    private static MemoryStream Archive(bool childFirst, string secondsParent, string? firstsParent = null)
    {
        var output = new MemoryStream();
        using (var writer = new TarWriter(output, TarEntryFormat.Ustar, leaveOpen: true))
        {
            var layers = new List<Action>
            {
                () => Layer(writer, s_first, firstsParent, "x", "f1", "one"),
                () => Layer(writer, s_second, secondsParent, "y", "f2", "two"),
            };
            if (childFirst)
            {
                layers.Reverse();
            }

            layers.ForEach(write => write());
            Add(writer, "repositories", Encoding.UTF8.GetBytes($"{{\"legacy/img\":{{\"1\":\"{s_second}\"}}}}"));
        }

        output.Position = 0;
        return output;
    }

    private static void Layer(TarWriter writer, string id, string? parent, string what, string file, string content)
    {
        var tar = new MemoryStream();
        using (var layer = new TarWriter(tar, TarEntryFormat.Ustar, leaveOpen: true))
        {
            Add(layer, file, Encoding.UTF8.GetBytes(content));
        }

        writer.WriteEntry(new UstarTarEntry(TarEntryType.Directory, id + "/"));
        Add(writer, $"{id}/VERSION", "1.0"u8.ToArray());
        Add(writer, $"{id}/json", Encoding.UTF8.GetBytes(
            $"{{\"id\":\"{id}\",{(parent is null ? "" : $"\"parent\":\"{parent}\",")}\"created\":\"2015-01-02T00:00:00Z\",\"container_config\":{{\"Cmd\":[\"/bin/sh\",\"-c\",\"#(nop) ADD {what}\"]}},"
            + "\"config\":{\"Cmd\":[\"/x\"],\"Env\":[\"A=b\"]},\"architecture\":\"amd64\",\"os\":\"linux\",\"Size\":3}"));
        Add(writer, $"{id}/layer.tar", tar.ToArray());
    }

    private static void Add(TarWriter writer, string name, byte[] content) =>
        writer.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content) });

    private static string Text(TestStore store, Digest chain, string file) => Encoding.UTF8.GetString(store.ReadFile(chain, file));
}
