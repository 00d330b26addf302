using CsCheck;
using Gantry.Registry.Transfer;
using Gantry.RegistryServer.Http;
using Gantry.RegistryServer.Storage;

namespace Gantry.Registry.Tests.Parsing;

/// <summary>Range, Content-Range, Link, and the paths and names of the registry API.</summary>
public sealed class HeaderTests
{
    [Fact]
    public void Range_always_lies_inside_the_content() =>
        Gen.Select(Gen.Long[0, 1000], Gen.Long[-1, 1200], Gen.Long[-1, 1200]).Sample((size, first, last) =>
        {
            var header = $"bytes={(first < 0 ? string.Empty : first)}-{(last < 0 ? string.Empty : last)}";
            var outcome = ByteRange.Parse(header, size, out var range);

            var expected = first < 0 && last < 0 ? RangeOutcome.Whole
                : first < 0 ? (Math.Min(last, size) == 0 ? RangeOutcome.Unsatisfiable : RangeOutcome.Part)
                : first >= size || (last >= 0 && last < first) ? RangeOutcome.Unsatisfiable
                : RangeOutcome.Part;
            Assert.Equal(expected, outcome);
            if (outcome == RangeOutcome.Part)
            {
                Assert.Equal(first < 0 ? size - Math.Min(last, size) : first, range.Offset);
                Assert.InRange(range.Offset + range.Length, 1, size);
                Assert.True(range.Length > 0);
            }
        });

    [Theory]
    [InlineData("bytes=99999999999999999999-")]
    [InlineData("bytes=-99999999999999999999")]
    [InlineData("bytes=+1-2")]
    [InlineData("bytes= - ")]
    [InlineData("bytes=")]
    [InlineData("")]
    [InlineData(null)]
    public void Odd_ranges_are_ignored(string? header) => Assert.Equal(RangeOutcome.Whole, ByteRange.Parse(header, 10, out _));

    [Fact]
    public void Content_range_round_trips() =>
        Gen.Select(Gen.Long[0, long.MaxValue / 8], Gen.Long[1, long.MaxValue / 8], Gen.Int[0, 2]).Sample((start, length, form) =>
        {
            var text = $"{start}-{start + length - 1}";
            Assert.True(ByteRange.TryParseContentRange(form == 0 ? text : form == 1 ? $"bytes {text}/*" : $"bytes {text}/{start + length}", out var range));
            Assert.Equal(new ByteRange(start, length), range);
        });

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("5-2")]
    [InlineData("a-b")]
    [InlineData("1")]
    [InlineData("-5")]
    [InlineData("0-99999999999999999999")]
    public void Content_range_malformed(string text) => Assert.False(ByteRange.TryParseContentRange(text, out _));

    [Theory]
    [InlineData("0-0", true, 0)]
    [InlineData("0-9", true, 10)]
    [InlineData("bytes=0-9", true, 10)]
    [InlineData("1-9", false, 0)]
    [InlineData("0-", false, 0)]
    [InlineData("0--5", false, 0)]
    [InlineData("0-99999999999999999999", false, 0)]
    [InlineData(null, false, 0)]
    public void Upload_range(string? text, bool valid, long received)
    {
        Assert.Equal(valid, UploadRange.TryParse(text, out var actual));
        Assert.Equal(received, actual);
    }

    [Theory]
    [InlineData("</v2/x/tags/list?n=2&last=b>; rel=\"next\"", "/v2/x/tags/list?n=2&last=b")]
    [InlineData("</a>; rel=prev, </b>; title=\"x, y\"; rel=next", "/b")]
    [InlineData("<http://h/c>;REL=\"Next\"", "http://h/c")]
    [InlineData("</a>; rel=\"prev\"", null)]
    [InlineData("</a", null)]
    [InlineData("", null)]
    [InlineData("rel=next", null)]
    public void Next_link(string header, string? target) => Assert.Equal(target, LinkHeader.Next([header]));

    [Fact]
    public void Any_link_header_ends() => Gen.String[Gen.Char["<>;,=\" relnext/"], 0, 60].Sample(text => (LinkHeader.Next([text])?.Length ?? 0) < 60);

    [Theory]
    [InlineData("a", true)]
    [InlineData("a/b/c-d_e.f__g---h9", true)]
    [InlineData("", false)]
    [InlineData("/a", false)]
    [InlineData("a/", false)]
    [InlineData("a//b", false)]
    [InlineData("a..b", false)]
    [InlineData("a___b", false)]
    [InlineData("a._b", false)]
    [InlineData("_a", false)]
    [InlineData("a-", false)]
    [InlineData("A", false)]
    [InlineData("..", false)]
    [InlineData("a\0b", false)]
    public void Repository_names(string text, bool valid) => Assert.Equal(valid, RepositoryName.TryParse(text, out _));

    [Fact]
    public void Repository_names_match_the_specifications_expression()
    {
        var expression = new System.Text.RegularExpressions.Regex(@"^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*\z");
        Gen.String[Gen.Char["ab0._-/A"], 0, 12].Sample(text => Assert.Equal(expression.IsMatch(text), RepositoryName.TryParse(text, out _)), iter: 20_000);
    }

    [Theory]
    [InlineData("/v2/", RouteKind.Base, "", "")]
    [InlineData("/v2", RouteKind.Base, "", "")]
    [InlineData("/v2/_catalog", RouteKind.Catalog, "", "")]
    [InlineData("/v2/a/b/tags/list", RouteKind.Tags, "a/b", "")]
    [InlineData("/v2/a/manifests/blobs/sha256:0", RouteKind.Blob, "a/manifests", "sha256:0")]
    [InlineData("/v2/a/blobs/uploads/", RouteKind.Uploads, "a", "")]
    [InlineData("/v2/a/blobs/uploads", RouteKind.Uploads, "a", "")]
    [InlineData("/v2/a/blobs/uploads/x", RouteKind.Upload, "a", "x")]
    [InlineData("/v2/a/blobs/manifests/x", RouteKind.Manifest, "a/blobs", "x")]
    [InlineData("/v2/a/referrers/sha256:0", RouteKind.Referrers, "a", "sha256:0")]
    [InlineData("/v2/manifests/x", RouteKind.None, "", "")]
    [InlineData("/v3/", RouteKind.None, "", "")]
    public void Routes(string path, object kind, string name, string reference)
    {
        var route = RegistryRoute.Parse(path);

        Assert.Equal(((RouteKind)kind, name, reference), (route.Kind, route.Name ?? string.Empty, route.Reference ?? string.Empty));
    }
}
