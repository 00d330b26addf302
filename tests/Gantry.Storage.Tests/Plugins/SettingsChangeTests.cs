using Gantry.Errors;
using Gantry.Plugins.Managed;

namespace Gantry.Storage.Tests.Plugins;

public sealed class SettingsChangeTests
{
    private static readonly PluginConfiguration s_configuration = new()
    {
        Env = [new PluginVariable { Name = "DEBUG", Value = "0", Settable = ["value"] }, new PluginVariable { Name = "FIXED", Value = "1" }, new PluginVariable { Name = "UNSET", Settable = ["value"] }],
        Mounts = [new PluginMount { Name = "data", Source = "/a", Settable = ["source"] }, new PluginMount { Name = "bare", Settable = ["source"] }],
        Linux = new PluginLinux { Devices = [new PluginDevice { Name = "disk", Path = "/dev/a", Settable = ["path"] }] },
        Args = new PluginArguments { Name = "args", Value = ["a"], Settable = ["value"] },
    };

    [Fact]
    public void Settable_things_are_set()
    {
        var (configuration, settings) = Apply("DEBUG=x=y", "UNSET.value=", "data=/b", "disk.path=/dev/b", "args=c d");

        Assert.Equal(["DEBUG=x=y", "FIXED=1", "UNSET="], settings.Env);
        Assert.Equal("/b", settings.Mounts[0].Source);
        Assert.Equal("/dev/b", settings.Devices[0].Path);
        Assert.Equal(["c", "d"], settings.Args);
        Assert.Equal("/b", configuration.Mounts![0].Source);
        Assert.Equal("0", configuration.Env![0].Value);
        Assert.Equal("/a", s_configuration.Mounts![0].Source);
    }

    [Theory]
    [InlineData("FIXED=2", "\"FIXED\" is not settable")]
    [InlineData("DEBUG.description=2", "\"DEBUG.description\" is not settable")]
    [InlineData("data.type=tmpfs", "\"data.type\" is not settable")]
    [InlineData("bare=/x", "Plugin config has no mount source")]
    [InlineData("nope=1", "setting \"nope\" not found in the plugin configuration")]
    [InlineData("", "setting \"\" not found in the plugin configuration")]
    [InlineData("=x", "invalid format, must be <name>[.<field>][=<value>]")]
    public void What_is_not_is_refused(string change, string error)
    {
        Assert.Equal(error, Assert.Throws<GantryException>(() => Apply("DEBUG=1", change)).Message);
    }

    [Fact]
    public void An_upgrade_carries_over_what_the_new_version_knows()
    {
        var (configuration, settings) = Apply("DEBUG=7", "UNSET=8", "data=/b", "args=c d");
        var after = s_configuration with
        {
            Env = [new PluginVariable { Name = "DEBUG", Value = "2", Settable = ["value"] }, new PluginVariable { Name = "NEW", Value = "3" }],
            Linux = new PluginLinux(),
        };

        var carried = SettingsChange.Carry(configuration, settings, after);

        Assert.Equal(["DEBUG=7", "NEW=3"], carried.Env);
        Assert.Equal("/b", carried.Mounts[0].Source);
        Assert.Empty(carried.Devices);
        Assert.Equal(["c", "d"], carried.Args);
    }

    private static (PluginConfiguration Configuration, PluginSettings Settings) Apply(params string[] changes) =>
        SettingsChange.Apply(s_configuration, PluginSettings.Of(s_configuration), changes);
}
