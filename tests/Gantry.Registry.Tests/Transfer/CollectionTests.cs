using Gantry.Images;
using Gantry.Registry.Tests.Support;

namespace Gantry.Registry.Tests.Transfer;

/// <summary>Garbage collections, removals, pulls and pushes of images that share layers, all at once.</summary>
public sealed class CollectionTests
{
    [Fact]
    public async Task Nothing_that_is_needed_goes_while_everything_is_moving()
    {
        await using var registry = await TestRegistry.StartAsync();
        await using var store = TestStore.Open();
        using var client = new RegistryClient(Clients.Quick);
        var images = Enumerable.Range(1, 4).Select(i => new FakeImage(layers: 1 + i, layerSize: 60_000)).ToList(); // one is the other's beginning
        for (var i = 0; i < images.Count; i++)
        {
            await images[i].PushAsync(client.OpenForPush(registry.Reference($"x/i{i}")), "1");
        }

        using var over = new CancellationTokenSource();
        var collecting = Enumerable.Range(0, 2).Select(_ => Task.Run(async () =>
        {
            while (!over.IsCancellationRequested)
            {
                await store.Images.CollectGarbageAsync([]);
            }
        })).ToList();
        var pulling = Enumerable.Range(0, images.Count).Select(i => Task.Run(async () =>
        {
            var reference = registry.Reference($"x/i{i}:1");
            var target = registry.Reference($"y/i{i}:1");
            for (var round = 0; round < 12; round++)
            {
                var (pulled, _) = await store.PullAsync(reference);
                store.Images.Tag(pulled.ImageId.ToString(), target);
                await store.PushAsync(target);
                await store.Images.RemoveAsync(target.Familiar, new RemoveImageOptions { Users = [] });
                if (round < 11)
                {
                    await store.Images.RemoveAsync(reference.Familiar, new RemoveImageOptions { Users = [] });
                }
            }
        })).ToList();
        await Task.WhenAll(pulling);
        await over.CancelAsync();
        await Task.WhenAll(collecting);

        Assert.Empty((await store.CheckAsync()).Problems);
        Assert.Equal(images.Select(i => i.Id.ToString()).Order(StringComparer.Ordinal), store.Images.List(new ImageListOptions()).Select(i => i.Id).Order(StringComparer.Ordinal));
        for (var i = 0; i < images.Count; i++)
        {
            Assert.Equal(TestContent.Bytes(60_000, 1000 + i), store.ReadFile(images[i].Chain[^1], $"layer{i}"));
            await store.Images.RemoveAsync(images[i].Id.ToString(), new RemoveImageOptions { Users = [], Force = true });
        }

        await store.Images.CollectGarbageAsync([]);
        Assert.Empty(store.Images.Content.Enumerate());
        Assert.Empty(store.Images.Layers.Layers());
        Assert.Empty(registry.Failures);
    }
}
