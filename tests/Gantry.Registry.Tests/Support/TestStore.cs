using Gantry.Content;
using Gantry.Images;
using Gantry.Images.Check;
using Gantry.Images.Transfer;
using Gantry.IO.Trees;
using Gantry.Metadata;
using Gantry.Oci;
using Gantry.Snapshots;

namespace Gantry.Registry.Tests.Support;

/// <summary>An engine's image store with puller and pusher, in a directory of its own.</summary>
internal sealed class TestStore : IAsyncDisposable
{
    private readonly RegistryClient _client;
    private readonly bool _ownsDirectory;
    private readonly TransferOptions? _transfers;
    private Database _database = null!;

    internal TestStore(string? directory = null, RegistryOptions? options = null, TransferOptions? transfers = null)
    {
        _ownsDirectory = directory is null;
        DirectoryPath = directory ?? Directory.CreateTempSubdirectory("gantry-transfer-").FullName;
        _client = new RegistryClient(options ?? Clients.Quick);
        _transfers = transfers;
        OpenStores();
    }

    internal static TestStore Open() => new();

    internal string DirectoryPath { get; }

    internal ImageStore Images { get; private set; } = null!;

    internal ImagePuller Puller { get; private set; } = null!;

    internal ImagePusher Pusher { get; private set; } = null!;

    internal Task<StoreReport> CheckAsync(bool repair = false, IReadOnlySet<Digest>? inUse = null) =>
        new StoreCheck(Images, _client).RunAsync(repair, inUse ?? new HashSet<Digest>());

    /// <summary>Does something while the store is closed.</summary>
    internal async Task ReopenAsync(Action meanwhile)
    {
        await Images.Layers.DisposeAsync();
        _database.Dispose();
        meanwhile();
        OpenStores();
    }

    internal async Task<(PullResult Result, List<TransferEvent> Events)> PullAsync(ImageReference reference, Platform? platform = null, CancellationToken cancellationToken = default)
    {
        var events = new Events();
        return (await Puller.PullAsync(reference, platform, null, events, cancellationToken), events.All);
    }

    internal async Task<(IReadOnlyList<PushedTag> Pushed, List<TransferEvent> Events)> PushAsync(ImageReference reference, Platform? platform = null, LayerCompression? compression = null)
    {
        var events = new Events();
        return (await Pusher.PushAsync(reference, platform, compression, null, events), events.All);
    }

    /// <summary>The content of a file as a container of the layer would see it.</summary>
    internal byte[] ReadFile(Digest chainId, string name)
    {
        foreach (var layer in Images.Layers.Chain(chainId))
        {
            var file = Path.Combine(Images.Layers.DiffDirectory(layer.ChainId), name);
            if (File.Exists(file))
            {
                return File.ReadAllBytes(file);
            }
        }

        throw new FileNotFoundException(name);
    }

    /// <summary>Nothing of an image that failed is visible.</summary>
    internal void AssertNothingStored(FakeImage image)
    {
        Assert.Null(Images.Find(image.Id));
        Assert.Empty(Images.List(new ImageListOptions { All = true }));
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await Images.Layers.DisposeAsync();
        _database.Dispose();
        if (_ownsDirectory)
        {
            TreeRemover.Remove(DirectoryPath);
        }
    }

    private void OpenStores()
    {
        _database = Database.Open(Path.Combine(DirectoryPath, "gantry.db"));
        Images = new ImageStore(_database, ContentStore.Open(Path.Combine(DirectoryPath, "content")), LayerStore.Open(Path.Combine(DirectoryPath, "snapshots")));
        Puller = new ImagePuller(Images, _client, _transfers);
        Pusher = new ImagePusher(Images, _client);
    }

    private sealed class Events : IProgress<TransferEvent>
    {
        internal List<TransferEvent> All { get; } = [];

        public void Report(TransferEvent value) => All.Add(value);
    }
}
