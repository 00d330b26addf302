using System.Text.Json;
using Gantry.Content;
using Gantry.Metadata;
using Gantry.Oci;
using Gantry.Snapshots;

namespace Gantry.Build.Tests.Support;

/// <summary>A builder with stores of its own in a temporary directory, a chroot runner and a busybox base image.</summary>
internal sealed class Harness : IAsyncDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("gantry-build-").FullName;
    private readonly Database _database;
    private readonly ContentStore _content;

    private Harness()
    {
        _database = Database.Open(Path.Combine(_root, "gantry.db"));
        _content = ContentStore.Open(Path.Combine(_root, "content"));
        Layers = LayerStore.Open(Path.Combine(_root, "snapshots"));
        Runner = new ChrootRunner(Layers, Directory.CreateDirectory(Path.Combine(_root, "run")).FullName);
        Service = CreateService();
    }

    public LayerStore Layers { get; }

    public FakeImages Images { get; } = new();

    public ChrootRunner Runner { get; }

    public BuildService Service { get; private set; }

    public string TemporaryFolder => Path.Combine(_root, "build", "tmp");

    public string SecretsFolder => Path.Combine(_root, "runtime", "build-secrets");

    public static async Task<Harness> CreateAsync()
    {
        var harness = new Harness();
        var layer = await harness.Layers.ApplyLayerAsync(default, BaseImage.Tar());
        var config = new ImageConfig
        {
            Architecture = Platform.Host.Architecture,
            Os = "linux",
            Created = "2024-01-01T00:00:00Z",
            Comment = "Imported from -",
            Config = new ImageRunConfig { Env = ["PATH=/bin:/usr/bin:/sbin:/usr/sbin"], Cmd = ["sh"] },
            RootFs = new RootFs { DiffIds = [layer.DiffId] },
            History = [new HistoryEntry { Created = "2024-01-01T00:00:00Z", Comment = "Imported from -" }],
        };
        harness.Images.Add(JsonSerializer.SerializeToUtf8Bytes(config, OciJson.Default.ImageConfig), "busybox:latest");
        return harness;
    }

    /// <summary>As after a restart of the engine.</summary>
    public void Restart(params CacheRule[] rules)
    {
        Service.Dispose();
        Service = CreateService(_ => rules);
    }

    /// <summary>Builds; returns the transcript and the image, or the failure's message at the transcript's end.</summary>
    public async Task<(string Transcript, ImageConfig? Image)> TryBuildAsync(BuildRequest request, CancellationToken cancellationToken = default)
    {
        var output = new RecordedTranscript();
        var transcript = new ClassicTranscript(output);
        try
        {
            var result = await Service.BuildAsync(request, transcript, cancellationToken);
            transcript.Finished(result);
            return (output.ToString(), Images.Config(result.ImageId));
        }
        catch (Errors.GantryException e)
        {
            var status = e.Kind == Errors.ErrorKind.InvalidArgument ? 400 : 500;
            var code = BuildFailure.ExitCodeOf(e);
            return (output.IsEmpty ? $"status {status}\n{e.Message}\n" : $"{output}error {(code is null ? string.Empty : $"{code} ")}{e.Message}\n", null);
        }
    }

    /// <summary>Builds a Dockerfile with files of text beside it and fails the test when the build fails.</summary>
    public async Task<(string Transcript, ImageConfig Image)> BuildAsync(string dockerfile, params (string Name, string Text)[] files)
    {
        var (transcript, image) = await TryBuildAsync(new BuildRequest { ContextTar = Context(dockerfile, files) });
        Assert.True(image is not null, transcript);
        return (transcript, image!);
    }

    public static MemoryStream Context(string dockerfile, params (string Name, string Text)[] files)
    {
        var context = ContextBuilder.Of(dockerfile);
        foreach (var (name, text) in files)
        {
            context.File(name, text);
        }

        return context.Build();
    }

    public async ValueTask DisposeAsync()
    {
        Service.Dispose();
        await Layers.DisposeAsync();
        _database.Dispose();
        Directory.Delete(_root, recursive: true);
    }

    private BuildService CreateService(Func<long, IReadOnlyList<CacheRule>>? rules = null) => new(
        new BuildServiceOptions
        {
            Root = Path.Combine(_root, "build"),
            RunDirectory = Path.Combine(_root, "runtime"),
            EngineVersion = "test",
            CacheRules = rules ?? (_ => []),
        },
        _database, _content, Layers, Images, Runner, Images);
}
