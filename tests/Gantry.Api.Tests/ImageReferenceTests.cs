using CsCheck;
using Gantry.Errors;
using Gantry.Oci;

namespace Gantry.Api.Tests;

public sealed class ImageReferenceTests
{
    [Theory]
    [InlineData("busybox", "docker.io/library/busybox", "busybox")]
    [InlineData("user/app:v1", "docker.io/user/app:v1", "user/app:v1")]
    [InlineData("127.0.0.1:5001/app", "127.0.0.1:5001/app", "127.0.0.1:5001/app")]
    [InlineData("localhost/app:x", "localhost/app:x", "localhost/app:x")]
    [InlineData("index.docker.io/busybox", "docker.io/library/busybox", "busybox")]
    [InlineData("[::1]:5000/a/b__c-d.e", "[::1]:5000/a/b__c-d.e", "[::1]:5000/a/b__c-d.e")]
    [InlineData("a@sha256:0123456789012345678901234567890123456789012345678901234567890123",
        "docker.io/library/a@sha256:0123456789012345678901234567890123456789012345678901234567890123",
        "a@sha256:0123456789012345678901234567890123456789012345678901234567890123")]
    public void Normalises(string text, string full, string familiar)
    {
        var reference = ImageReference.Parse(text);

        Assert.Equal(full, reference.ToString());
        Assert.Equal(familiar, reference.Familiar);
    }

    [Theory]
    [InlineData("", "invalid reference format")]
    [InlineData("Busybox", "invalid reference format: repository name (library/Busybox) must be lowercase")]
    [InlineData("a..b", "invalid reference format")]
    [InlineData("a:", "invalid reference format")]
    [InlineData("a:-x", "invalid reference format")]
    [InlineData("-x/a", "invalid reference format")]
    [InlineData("a/../b", "invalid reference format")]
    [InlineData("a@sha256:00", "invalid reference format")]
    [InlineData("0123456789012345678901234567890123456789012345678901234567890123",
        "invalid repository name (0123456789012345678901234567890123456789012345678901234567890123), cannot specify 64-byte hexadecimal strings")]
    public void Refuses(string text, string message)
    {
        var error = Assert.Throws<GantryException>(() => ImageReference.Parse(text));

        Assert.Equal(ErrorKind.InvalidArgument, error.Kind);
        Assert.Equal(message, error.Message);
    }

    [Fact]
    public void Whatever_parses_parses_again_to_the_same() =>
        Gen.String[Gen.Char["abAZ09._-:/@[]"], 0, 40].Sample(text =>
        {
            if (ImageReference.TryParse(text, out var reference))
            {
                Assert.Equal(reference, ImageReference.Parse(reference.ToString()));
                Assert.DoesNotContain("..", reference.Path, StringComparison.Ordinal);
            }
        });
}
