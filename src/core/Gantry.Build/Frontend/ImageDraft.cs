using System.Globalization;
using System.Text.Json;
using Gantry.Build.Frontend.Styles;
using Gantry.Oci;

namespace Gantry.Build.Frontend;

/// <summary>The image as it is after the steps so far: its configuration, layers and history, as the classic builder writes them.</summary>
internal sealed class ImageDraft
{
    private const string DefaultPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    private readonly ImageOrigin _origin;
    private readonly Platform _platform;
    private readonly List<HistoryEntry> _history = [];
    private readonly List<Digest> _diffIds = [];
    private byte[]? _bytes;
    private DateTimeOffset _created;

    private ImageDraft(Platform platform, ImageOrigin origin)
    {
        _platform = platform;
        _origin = origin;
    }

    /// <summary>The image the stage began with; empty for scratch.</summary>
    public Digest BaseId { get; private init; }

    /// <summary>The id the image has if it ends here; empty for scratch without a step.</summary>
    public Digest Id { get; private set; }

    public ImageRunConfig Config { get; set; } = new();

    public string? Author { get; set; }

    /// <summary>The file system so far.</summary>
    public Digest ChainId { get; private set; }

    /// <summary>True once a CMD was given in this stage: a later ENTRYPOINT keeps it.</summary>
    public bool HasOwnCommand { get; set; }

    /// <summary>Of a stage in BuildKit's manner; null in the classic one.</summary>
    public OrderedVariables? Variables { get; set; }

    public IReadOnlyList<HistoryEntry> History => _history;

    /// <summary>The layers so far, bottom first.</summary>
    public IReadOnlyList<Digest> DiffIds => _diffIds;

    public static IReadOnlyList<string> DefaultShell { get; } = ["/bin/sh", "-c"];

    public IReadOnlyList<string> Shell => Config.Shell is { Count: > 0 } shell ? shell : DefaultShell;

    public IReadOnlyList<string> Environment => Config.Env ?? [];

    /// <summary>The config's bytes, which <see cref="Id"/> is the digest of.</summary>
    public ReadOnlyMemory<byte> Bytes => _bytes;

    /// <summary>True when no step changed the base: the image is the base.</summary>
    public bool IsBase => _bytes is null;

    public static ImageDraft FromScratch(Platform platform, ImageOrigin origin) =>
        new(platform, origin) { Config = new ImageRunConfig { Env = [DefaultPath], WorkingDir = origin.Style.IsBuildKit ? "/" : null } };

    public static ImageDraft From(Digest id, ImageConfig image, ImageOrigin origin)
    {
        var platform = new Platform { Os = image.Os, Architecture = image.Architecture, Variant = image.Variant, OsVersion = image.OsVersion, OsFeatures = image.OsFeatures };
        var draft = new ImageDraft(platform, origin) { BaseId = id, Id = id };
        draft._history.AddRange(image.History ?? []);
        draft._diffIds.AddRange(image.RootFs.DiffIds);
        draft.ChainId = image.RootFs.DiffIds.Count == 0 ? default : Oci.ChainId.Of(image.RootFs.DiffIds)[^1];
        var config = image.Config ?? new ImageRunConfig();
        var environment = config.Env ?? [];
        draft.Config = config with
        {
            Env = environment.Any(e => e.StartsWith("PATH=", StringComparison.Ordinal)) ? environment : [.. environment, DefaultPath],
        };
        return draft;
    }

    /// <summary>A new stage on top of this one as it is now.</summary>
    public ImageDraft Branch()
    {
        var draft = new ImageDraft(_platform, _origin)
        {
            BaseId = BaseId, Id = Id, Config = Config, ChainId = ChainId, Variables = Variables?.Copy(), _bytes = _bytes, _created = _created,
        };
        draft._history.AddRange(_history);
        draft._diffIds.AddRange(_diffIds);
        return draft;
    }

    /// <summary>Takes a step's result in.</summary>
    /// <param name="diffId">The layer it added; empty for none.</param>
    public void Add(string createdBy, DateTimeOffset created, Digest diffId)
    {
        if (!diffId.IsEmpty)
        {
            _diffIds.Add(diffId);
            ChainId = Oci.ChainId.Of(ChainId, diffId);
        }

        created = _origin.Epoch ?? created;
        _created = created;
        _history.Add(new HistoryEntry
        {
            Created = Format(created), Author = Author, CreatedBy = createdBy, Comment = _origin.Style.Comment, EmptyLayer = diffId.IsEmpty ? true : null,
        });
        Config = Config with { Image = !_origin.Style.NamesOrigin ? null : Id.IsEmpty ? string.Empty : Id.ToString() };
        Seal();
    }

    /// <summary>Takes a change of the configuration in that is no step of the history.</summary>
    public void Change(ImageRunConfig config)
    {
        Config = config;
        Seal();
    }

    private void Seal()
    {
        _bytes = JsonSerializer.SerializeToUtf8Bytes(Build(), OciJson.Default.ImageConfig);
        Id = Digest.Of(_bytes);
    }

    private ImageConfig Build() => new()
    {
        Created = Format(_created),
        Author = Author,
        Architecture = _platform.Architecture,
        Os = _platform.Os,
        OsVersion = _platform.OsVersion,
        OsFeatures = _platform.OsFeatures,
        Variant = _platform.Variant,
        Config = Config,
        RootFs = new RootFs { DiffIds = _diffIds },
        History = _history,
        DockerVersion = _origin.Style.NamesOrigin ? _origin.EngineVersion : null,
    };

    private static string Format(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture);
}

/// <summary>What an image says of where it comes from.</summary>
/// <param name="Epoch">Shown instead of the time a step was made; null for that.</param>
internal sealed record ImageOrigin(string EngineVersion, IImageStyle Style, DateTimeOffset? Epoch);
