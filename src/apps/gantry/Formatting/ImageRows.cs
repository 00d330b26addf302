using Gantry.Api;
using Gantry.Oci;
using Gantry.Terminal.Units;

namespace Gantry.Apps.Cli.Formatting;

/// <summary>A line of images: one name of an image.</summary>
internal sealed record ImageRow(ImageSummary Image, string Repository, string Tag, string Digest);

/// <summary>Rows of images, and of images in system df -v.</summary>
internal static class ImageRows
{
    public const string Table = "table {{.Repository}}\t{{.Tag}}\t{{.ID}}\t{{if .CreatedSince }}{{.CreatedSince}}{{else}}N/A{{end}}\t{{.Size}}";
    public const string TableWithDigest =
        "table {{.Repository}}\t{{.Tag}}\t{{.Digest}}\t{{.ID}}\t{{if .CreatedSince }}{{.CreatedSince}}{{else}}N/A{{end}}\t{{.Size}}";

    public const string UsageTable =
        "table {{.Repository}}\t{{.Tag}}\t{{.ID}}\t{{if .CreatedSince }}{{.CreatedSince}}{{else}}N/A{{end}}\t{{.Size}}\t{{.SharedSize}}\t{{.UniqueSize}}\t{{.Containers}}";

    private const string None = "<none>";
    private const int Digits = 3;

    public static Columns<ImageRow> Columns(bool truncate) => new(
        "*formatter.imageContext",
        [
            new("ID", "IMAGE ID", r => truncate ? Shorten.Id(r.Image.Id) : r.Image.Id),
            new("Repository", "REPOSITORY", r => r.Repository),
            new("Tag", "TAG", r => r.Tag),
            new("Digest", "DIGEST", r => r.Digest),
            new("CreatedSince", "CREATED", r => r.Image.Created is > 0 ? Shorten.Ago(DateTimeOffset.FromUnixTimeSeconds(r.Image.Created.Value)) : ""),
            new("CreatedAt", "CREATED AT", r => r.Image.Created is > 0 ? Shorten.GoTime(DateTimeOffset.FromUnixTimeSeconds(r.Image.Created.Value)) : "N/A"),
            new("Size", "SIZE", r => Sizes.Human(r.Image.Size ?? 0, Digits)),
            new("Containers", "CONTAINERS", r => r.Image.Containers is null or -1 ? "N/A" : r.Image.Containers.Value.ToString(System.Globalization.CultureInfo.InvariantCulture)),
            new("VirtualSize", "SIZE", r => Sizes.Human(r.Image.Size ?? 0)),
            new("SharedSize", "SHARED SIZE", r => r.Image.SharedSize is null or -1 ? "N/A" : Sizes.Human(r.Image.SharedSize.Value)),
            new("UniqueSize", "UNIQUE SIZE", r => r.Image.Size is null or -1 || r.Image.SharedSize is null or -1 ? "N/A" : Sizes.Human(r.Image.Size.Value - r.Image.SharedSize.Value)),
        ]);

    /// <summary>One row for every tag (and digest, where they are shown) of every image.</summary>
    public static IEnumerable<ImageRow> Expand(IEnumerable<ImageSummary> images, bool digests) => images.SelectMany(i => Expand(i, digests));

    /// <summary>One row for every image, named by its first tag.</summary>
    public static IEnumerable<ImageRow> First(IEnumerable<ImageSummary> images) => images.Select(image =>
    {
        var tag = image.RepoTags is [var first, ..] && first != "<none>:<none>" ? ImageReference.Parse(first) : null;
        var digest = image.RepoDigests is [var named, ..] && named != "<none>@<none>" ? ImageReference.Parse(named) : null;
        return new ImageRow(image, tag?.FamiliarName ?? digest?.FamiliarName ?? None, tag?.Tag ?? None, "");
    });

    /// <summary>The "raw" format.</summary>
    public static string Raw(bool digests) =>
        $"repository: {{{{.Repository}}}}\n{(digests ? "tag: {{.Tag}}\ndigest: {{.Digest}}\n" : "tag: {{.Tag}}\n")}image_id: {{{{.ID}}}}\n"
        + "created_at: {{.CreatedAt}}\nvirtual_size: {{.Size}}\n";

    private static IEnumerable<ImageRow> Expand(ImageSummary image, bool digests)
    {
        var tags = (image.RepoTags ?? []).Where(t => t != "<none>:<none>").Select(ImageReference.Parse).ToLookup(r => r.FamiliarName, r => r.Tag ?? None);
        var byDigest = (image.RepoDigests ?? []).Where(d => d != "<none>@<none>").Select(ImageReference.Parse).ToLookup(r => r.FamiliarName, r => r.Digest.ToString());
        var any = false;
        foreach (var repository in tags)
        {
            foreach (var row in repository.SelectMany(tag => Rows(image, repository.Key, tag, byDigest[repository.Key], digests)))
            {
                any = true;
                yield return row;
            }
        }

        // A repository of which only digests are left.
        foreach (var repository in byDigest.Where(d => !tags.Contains(d.Key)))
        {
            foreach (var digest in digests ? repository : repository.Take(1))
            {
                any = true;
                yield return new ImageRow(image, repository.Key, None, digest);
            }
        }

        if (!any)
        {
            yield return new ImageRow(image, None, None, None);
        }
    }

    private static IEnumerable<ImageRow> Rows(ImageSummary image, string repository, string tag, IEnumerable<string> digests, bool show)
    {
        var all = digests.ToList();
        return show && all.Count > 0
            ? all.Select(d => new ImageRow(image, repository, tag, d))
            : [new ImageRow(image, repository, tag, all.Count > 0 ? all[0] : None)];
    }
}
