using System.Globalization;
using Gantry.Build.Export;
using Gantry.Build.Frontend;
using Gantry.Build.Graph;
using Gantry.Oci;

namespace Gantry.Build.Cache;

/// <summary>
/// Steps of the images named by <c>--cache-from</c>. A step is taken over when the image has the same layers and history so far and
/// its next step reads the same (the rule of the classic builder). Images that aren't here are no help, as in Docker.
/// </summary>
internal sealed class ImportedSteps
{
    private readonly List<ImageConfig> _images;

    public ImportedSteps(IReadOnlyList<string> names, IImageCatalog catalog) =>
        _images = names.Select(catalog.Find).OfType<Digest>().Select(catalog.Config).ToList();

    /// <summary>The result of the step <paramref name="createdBy"/> after <paramref name="draft"/>, or null.</summary>
    public LayerResult? Find(ImageDraft draft, string createdBy) => _images.Select(image => Match(image, draft, createdBy)).FirstOrDefault(r => r is not null);

    /// <summary>True where an image has the same layers and history so far, and a step after them.</summary>
    public bool Continue(ImageDraft draft) => _images.Any(image => Continues(image, draft));

    private static bool Continues(ImageConfig image, ImageDraft draft)
    {
        var history = image.History ?? [];
        return history.Count > draft.History.Count
            && history.Take(draft.History.Count).Select(h => h.CreatedBy).SequenceEqual(draft.History.Select(h => h.CreatedBy))
            && image.RootFs.DiffIds.Take(draft.DiffIds.Count).SequenceEqual(draft.DiffIds);
    }

    private static LayerResult? Match(ImageConfig image, ImageDraft draft, string createdBy)
    {
        var history = image.History ?? [];
        var diffIds = image.RootFs.DiffIds;
        var step = draft.History.Count;
        if (!Continues(image, draft) || history[step].CreatedBy != createdBy)
        {
            return null;
        }

        var created = DateTimeOffset.TryParse(history[step].Created, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time : DateTimeOffset.UnixEpoch;
        var isEmpty = history[step].EmptyLayer == true;
        return isEmpty ? new LayerResult(draft.ChainId, default, created, 0)
            : diffIds.Count <= draft.DiffIds.Count ? null
            : new LayerResult(ChainId.Of(draft.ChainId, diffIds[draft.DiffIds.Count]), diffIds[draft.DiffIds.Count], created, 0);
    }
}
