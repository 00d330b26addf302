using Gantry.Apps.Cli.Building;
using Gantry.Apps.Cli.Running;
using Gantry.Errors;

namespace Gantry.Cli.Tests.Values;

/// <summary>The small languages of run's and build's flags and files.</summary>
public sealed class SpecificationTests
{
    [Theory]
    [InlineData("80", "80/tcp=:")]
    [InlineData("8080:80", "80/tcp=:8080")]
    [InlineData("8080:80/udp", "80/udp=:8080")]
    [InlineData("127.0.0.1:8080:80", "80/tcp=127.0.0.1:8080")]
    [InlineData("127.0.0.1::80", "80/tcp=127.0.0.1:")]
    [InlineData("[::1]:8080:80", "80/tcp=::1:8080")]
    [InlineData("8080-8081:80-81", "80/tcp=:8080 81/tcp=:8081")]
    public void Ports(string text, string expected) =>
        Assert.Equal(expected, string.Join(' ', PortSpecs.Parse(text).Select(p => $"{p.Port}={p.Binding.HostIp}:{p.Binding.HostPort}")));

    [Theory]
    [InlineData("80:90:100:110")]
    [InlineData("x:80")]
    [InlineData("80-90:80-81")]
    [InlineData("99999:80")]
    public void Wrong_ports(string text) => Assert.Throws<GantryException>(() => PortSpecs.Parse(text).ToList());

    [Fact]
    public void Mounts()
    {
        var mount = MountFlag.Parse("type=bind,src=/a,\"dst=/b,c\",readonly,bind-propagation=rshared");

        Assert.Equal(("/a", "/b,c", true), (mount.Source, mount.Target, mount.ReadOnly));
        Assert.Equal("volume", MountFlag.Parse("dst=/x").Type?.ToString(), ignoreCase: true);
    }

    [Theory]
    [InlineData("type=bind,foo=bar,dst=/x")]
    [InlineData("type=bind,src=/a")]
    [InlineData("type=tmpfs,dst=/x,tmpfs-size=abc")]
    public void Wrong_mounts(string text) => Assert.Throws<GantryException>(() => MountFlag.Parse(text));

    [Fact]
    public void Environment_files_skip_comments_and_take_names_from_the_environment()
    {
        var file = Path.GetTempFileName();
        File.WriteAllText(file, "\uFEFFA=1\n# no\n\nB=x y # z\n  C=3\nHERE\nGONE\n");

        Assert.Equal(["A=1", "B=x y # z", "C=3", "HERE=now"], EnvironmentFiles.Read(file, name => name == "HERE" ? "now" : null));
        File.WriteAllText(file, "a b=c\n");
        Assert.Contains("variable 'a b' contains whitespaces", Assert.Throws<GantryException>(() => EnvironmentFiles.Read(file, _ => null).ToList()).Message, StringComparison.Ordinal);
        File.Delete(file);
    }

    [Theory]
    [InlineData("nofile=10:20", "nofile", 10, 20)]
    [InlineData("nproc=5", "nproc", 5, 5)]
    [InlineData("core=-1", "core", -1, -1)]
    public void Limits(string text, string name, long soft, long hard)
    {
        var limit = Ulimits.Parse(text);

        Assert.Equal((name, soft, hard), (limit.Name, limit.Soft, limit.Hard));
    }

    [Theory]
    [InlineData("*.log\n!keep.log", "a.log", true)]
    [InlineData("*.log\n!keep.log", "keep.log", false)]
    [InlineData("*.log", "dir/a.log", false)]
    [InlineData("**/*.log", "dir/deep/a.log", true)]
    [InlineData("dir", "dir/file", true)]
    [InlineData("# dir\n\n/other/", "dir/file", false)]
    [InlineData("a?c", "abc", true)]
    [InlineData("[a-c]x", "bx", true)]
    [InlineData("**", "anything/at/all", true)]
    public void Ignore_files(string file, string path, bool excluded) => Assert.Equal(excluded, IgnoreFile.Parse(file).Excludes(path));
}
