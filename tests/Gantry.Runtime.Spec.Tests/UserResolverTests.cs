using Gantry.Errors;

namespace Gantry.Runtime.Spec.Tests;

public sealed class UserResolverTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("gantry-users-").FullName;

    public UserResolverTests()
    {
        Directory.CreateDirectory(Path.Combine(_root, "etc"));
        Write("passwd", "# users\nroot:x:0:0:root:/root:/bin/sh\nweb:x:33:34::/:\n\nbad:x:zero:0::/:\nshort\nnogid:x:50::::\n");
        Write("group", "root:x:0:\nwebgrp:x:34:\naudio:x:29:web,root\nstaff:x:50:web\n");
    }

    [Theory]
    [InlineData(null, 0, 0, "0,29")]
    [InlineData("", 0, 0, "0,29")]
    [InlineData("root", 0, 0, "0,29")]
    [InlineData("web", 33, 34, "34,29,50")]
    [InlineData("33", 33, 34, "34,29,50")]
    [InlineData("web:audio", 33, 29, "29")]
    [InlineData("web:7", 33, 7, "7")]
    [InlineData("1000", 1000, 0, "0")]
    [InlineData("1000:1001", 1000, 1001, "1001")]
    [InlineData("1000:webgrp", 1000, 34, "34")]
    [InlineData(":5", 0, 5, "5")]
    [InlineData("nogid", 50, 0, "0")]
    public void Users_and_groups(string? user, uint uid, uint gid, string groups)
    {
        var resolved = UserResolver.Resolve(_root, user);

        Assert.Equal((uid, gid, groups), (resolved.Uid, resolved.Gid, string.Join(',', resolved.AdditionalGids!)));
    }

    [Fact]
    public void Groups_are_added_by_name_and_number() =>
        Assert.Equal([1001, 29, 1234, 50], UserResolver.Resolve(_root, "1000:1001", ["audio", "1234", "50", "audio"]).AdditionalGids!);

    [Theory]
    [InlineData("nouser", "unable to find user nouser: no matching entries in passwd file")]
    [InlineData("bad", "unable to find user bad: no matching entries in passwd file")]
    [InlineData("0:nogroup1", "unable to find group nogroup1: no matching entries in group file")]
    [InlineData("4294967296", "uids and gids must be in range 0-2147483647")]
    [InlineData("99999999999999999999999", "uids and gids must be in range 0-2147483647")]
    [InlineData("-1", "uids and gids must be in range 0-2147483647")]
    [InlineData("1:-1", "uids and gids must be in range 0-2147483647")]
    public void Refused(string user, string message) => SpecBuilderTests.Throws(message, () => UserResolver.Resolve(_root, user), ErrorKind.Internal);

    [Fact]
    public void Unknown_added_groups_are_refused()
    {
        SpecBuilderTests.Throws("unable to find group nogrp: no matching entries in group file", () => UserResolver.Resolve(_root, "0", ["nogrp"]), ErrorKind.Internal);
        SpecBuilderTests.Throws("uids and gids must be in range 0-2147483647", () => UserResolver.Resolve(_root, "0", ["99999999999"]), ErrorKind.Internal);
    }

    [Fact]
    public void An_image_without_files_takes_numbers()
    {
        Directory.Delete(Path.Combine(_root, "etc"), recursive: true);

        Assert.Equal([0], UserResolver.Resolve(_root, "").AdditionalGids!);
        Assert.Equal(5u, UserResolver.Resolve(_root, "5:6").Uid);
    }

    [Theory]
    [InlineData("/etc/passwd")]
    [InlineData("../../../../../../../etc/passwd")]
    [InlineData("/proc/self/root/etc/passwd")]
    public void Links_never_lead_out_of_the_rootfs(string target)
    {
        var passwd = Path.Combine(_root, "etc/passwd");
        File.Delete(passwd);
        File.CreateSymbolicLink(passwd, target);

        // The host's user "daemon" must not be found; a link that ends at itself or nowhere is no file.
        SpecBuilderTests.Throws("unable to find user daemon: no matching entries in passwd file", () => UserResolver.Resolve(_root, "daemon"), ErrorKind.Internal);
    }

    [Fact]
    public void Links_inside_the_rootfs_are_followed()
    {
        File.Move(Path.Combine(_root, "etc/passwd"), Path.Combine(_root, "users"));
        File.CreateSymbolicLink(Path.Combine(_root, "etc/passwd"), "/users");

        Assert.Equal(33u, UserResolver.Resolve(_root, "web").Uid);
    }

    [Fact]
    public void What_is_no_regular_file_is_refused()
    {
        var passwd = Path.Combine(_root, "etc/passwd");
        File.Delete(passwd);
        Directory.CreateDirectory(passwd);
        SpecBuilderTests.Throws("/etc/passwd in the container is not a regular file", () => UserResolver.Resolve(_root, "web"));

        Directory.Delete(passwd);
        using (var sparse = File.Create(passwd))
        {
            sparse.SetLength(1L << 30);
        }

        SpecBuilderTests.Throws("/etc/passwd in the container is larger than 16777216 bytes", () => UserResolver.Resolve(_root, "web"));
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private void Write(string name, string content) => File.WriteAllText(Path.Combine(_root, "etc", name), content);
}
