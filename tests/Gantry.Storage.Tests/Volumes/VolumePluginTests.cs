using Gantry.Api;
using Gantry.Errors;
using Gantry.Linux;
using Gantry.Metadata;
using Gantry.Plugins;
using Gantry.Volumes;
using Gantry.Volumes.Plugins;

namespace Gantry.Storage.Tests.Volumes;

/// <summary>Volumes of another process, over the plugin protocol.</summary>
public sealed class VolumePluginTests : IDisposable
{
    private static readonly Dictionary<string, IReadOnlyList<string>> s_none = [];

    private readonly TestDirectory _directory = new();
    private readonly Database _database;
    private readonly VolumePlugins _plugins;
    private readonly VolumeStore _store;

    public VolumePluginTests()
    {
        _database = Database.Open(At("db"));
        _plugins = new VolumePlugins(new PluginDirectories(At("sockets"), [At("specs")]));
        _store = new VolumeStore(_database, At("volumes"), _plugins);
    }

    public void Dispose()
    {
        _plugins.Dispose();
        _database.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task A_volume_is_created_used_and_removed_by_its_plugin()
    {
        await using var plugin = Start();
        var volume = _store.Create(new VolumeCreateOptions { Name = "data", Driver = "tp", DriverOpts = new() { ["size"] = "1" }, Labels = new() { ["l"] = "m" } });

        Assert.Equal("tp", volume.Driver);
        Assert.Contains("VolumeDriver.Create {\"Name\":\"data\",\"Opts\":{\"size\":\"1\"}}", plugin.Asked);
        Assert.Equal(At("data/data"), _store.Acquire("data", "c1"));
        Assert.Equal(At("data/data"), _store.PathOf("data"));
        _store.Release("data", "c1");
        Assert.Contains("VolumeDriver.Mount {\"Name\":\"data\",\"ID\":\"c1\"}", plugin.Asked);
        Assert.Contains("VolumeDriver.Unmount {\"Name\":\"data\",\"ID\":\"c1\"}", plugin.Asked);
        Assert.Equal("", _store.PathOf("data"));

        _store.Remove("data", [], force: false);
        Assert.Empty(plugin.Volumes);
        Assert.Equal("get data: no such volume", Assert.Throws<GantryException>(() => _store.Get("data")).Message);
    }

    [Fact]
    public async Task A_description_has_what_the_plugin_says()
    {
        await using var plugin = Start();
        var described = _store.Describe(_store.Create(new VolumeCreateOptions { Name = "data", Driver = "tp" }));

        Assert.Equal(("global", At("data/data"), "world"), (described.Scope, described.Mountpoint, described.Status!["Hello"]!.Value.GetString()));
        Assert.Null(described.CreatedAt);
    }

    [Fact]
    public async Task Each_user_of_a_volume_mounts_it_once()
    {
        await using var plugin = Start();
        _store.Create(new VolumeCreateOptions { Name = "data", Driver = "tp" });
        foreach (var user in new[] { "c1", "c1", "c2" })
        {
            Assert.Equal(At("data/data"), _store.Acquire("data", user));
        }

        Assert.Equal(2, plugin.Asked.Count(a => a.StartsWith("VolumeDriver.Mount", StringComparison.Ordinal)));
        _store.Release("data", "c1");
        _store.Release("data", "c1");
        Assert.Equal(1, plugin.Asked.Count(a => a.StartsWith("VolumeDriver.Unmount", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task It_is_mounted_to_be_filled_only_where_the_image_has_something()
    {
        await using var plugin = Start();
        _store.Create(new VolumeCreateOptions { Name = "data", Driver = "tp" });
        Directory.CreateDirectory(At("rootfs/etc"));
        await File.WriteAllTextAsync(At("rootfs/etc/motd"), "hello");
        using var rootfs = new Microsoft.Win32.SafeHandles.SafeFileHandle(FileAt.OpenDirectory(At("rootfs")), ownsHandle: true);

        Assert.False(_store.CopyUp("data", "", rootfs, "/nowhere"));
        Assert.DoesNotContain(plugin.Asked, a => a.StartsWith("VolumeDriver.Mount", StringComparison.Ordinal));
        Assert.True(_store.CopyUp("data", "", rootfs, "/etc"));
        Assert.Equal("hello", await File.ReadAllTextAsync(At("data/data/motd")));
        Assert.Single(plugin.Asked, a => a.StartsWith("VolumeDriver.Unmount", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_volume_that_its_plugin_denies_is_none_but_one_whose_plugin_is_gone_is()
    {
        var plugin = Start();
        _store.Create(new VolumeCreateOptions { Name = "data", Driver = "tp" });
        Assert.Equal("tp", _store.GetPresent("data").Driver);

        plugin.Volumes.Clear();
        Assert.Equal("get data: no such volume", Assert.Throws<GantryException>(() => _store.GetPresent("data")).Message);

        await plugin.DisposeAsync();
        Assert.Equal("tp", _store.GetPresent("data").Driver);
    }

    [Fact]
    public async Task Volumes_that_only_the_plugin_knows_are_listed_and_found()
    {
        await using var plugin = Start();
        plugin.Volumes["foreign"] = At("data/foreign");
        _store.Create(new VolumeCreateOptions { Name = "own" });
        var warnings = new List<string>();

        Assert.Equal(["foreign tp", "own local"], _store.List(s_none, s_none, warnings).Select(v => $"{v.Name} {v.Driver}"));
        Assert.Empty(warnings);
        Assert.Equal("tp", _store.Get("foreign").Driver);
        Assert.Equal("tp", _store.Create(new VolumeCreateOptions { Name = "foreign" }).Driver);
    }

    [Fact]
    public async Task A_plugin_that_cannot_list_is_named_in_a_warning()
    {
        await using var plugin = Start();
        plugin.Failure = ("VolumeDriver.List", "not today");
        var warnings = new List<string>();

        Assert.Empty(_store.List(s_none, s_none, warnings));
        Assert.Equal(["list tp: not today"], warnings);
    }

    [Fact]
    public async Task Failures_are_told_in_the_plugins_words()
    {
        await using var plugin = Start();
        plugin.Failure = ("VolumeDriver.Create", "the disk is full");
        Assert.Equal("create data: the disk is full", Assert.Throws<GantryException>(() => _store.Create(new VolumeCreateOptions { Name = "data", Driver = "tp" })).Message);
        Assert.Null(_store.Find("data"));

        plugin.Failure = null;
        _store.Create(new VolumeCreateOptions { Name = "data", Driver = "tp" });
        plugin.Failure = ("VolumeDriver.Mount", "no route");
        Assert.EndsWith(": no route", Assert.Throws<GantryException>(() => _store.Acquire("data", "c1")).Message, StringComparison.Ordinal);
        plugin.Failure = ("VolumeDriver.Remove", "busy");
        Assert.Equal("remove data: busy", Assert.Throws<GantryException>(() => _store.Remove("data", [], force: false)).Message);
        Assert.NotNull(_store.Find("data"));
    }

    [Fact]
    public async Task A_name_belongs_to_one_driver()
    {
        await using var plugin = Start();
        _store.Create(new VolumeCreateOptions { Name = "data", Driver = "tp" });

        var failure = Assert.Throws<GantryException>(() => _store.Create(new VolumeCreateOptions { Name = "data", Driver = "local" }));
        Assert.Equal((ErrorKind.Conflict, "create data: driver 'tp' already has volume 'data': volume name must be unique"), (failure.Kind, failure.Message));
    }

    [Fact]
    public async Task A_volume_that_its_plugin_has_lost_can_be_made_again_unless_it_is_used()
    {
        await using var plugin = Start();
        _store.Create(new VolumeCreateOptions { Name = "data", Driver = "tp" });
        plugin.Volumes.Clear();

        var failure = Assert.Throws<GantryException>(() => _store.Create(new VolumeCreateOptions { Name = "data", Driver = "tp" }, used: true));
        Assert.Equal(ErrorKind.Conflict, failure.Kind);
        _store.Create(new VolumeCreateOptions { Name = "data", Driver = "tp" });
        Assert.True(plugin.Volumes.ContainsKey("data"));
    }

    [Fact]
    public async Task A_plugin_can_be_named_by_a_file()
    {
        await using var plugin = new VolumePluginServer(At("elsewhere.sock"), At("data"));
        Directory.CreateDirectory(At("specs"));
        await File.WriteAllTextAsync(At("specs/spec.spec"), $"unix://{At("elsewhere.sock")}\n");
        await File.WriteAllTextAsync(At("specs/json.json"), $$"""{"Name": "json", "Addr": "unix://{{At("elsewhere.sock")}}"}""");

        Assert.Equal("spec", _store.Create(new VolumeCreateOptions { Name = "one", Driver = "spec" }).Driver);
        Assert.Equal("json", _store.Create(new VolumeCreateOptions { Name = "two", Driver = "json" }).Driver);
        Assert.Equal(["local", "json", "spec"], _store.Drivers);
    }

    [Theory]
    [InlineData("tcp")]
    [InlineData("http")]
    public async Task A_plugin_can_be_on_the_network(string scheme)
    {
        await using var plugin = new VolumePluginServer("127.0.0.1:0", At("data"));
        Directory.CreateDirectory(At("specs"));
        await File.WriteAllTextAsync(At("specs/net.spec"), $"{scheme}://{plugin.Address}");

        Assert.Equal("net", _store.Create(new VolumeCreateOptions { Name = "one", Driver = "net" }).Driver);
        Assert.True(plugin.Volumes.ContainsKey("one"));
    }

    [Theory]
    [InlineData("127.0.0.1:1")]
    [InlineData("gopher://127.0.0.1:1")]
    public async Task An_address_of_no_known_protocol_is_refused(string address)
    {
        Directory.CreateDirectory(At("specs"));
        await File.WriteAllTextAsync(At("specs/odd.spec"), address);

        Assert.Contains("Unknown protocol", Assert.Throws<GantryException>(() => _store.Create(new VolumeCreateOptions { Name = "one", Driver = "odd" })).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nosuch")]
    [InlineData("../tp")]
    public void A_driver_that_is_not_there_is_an_error(string driver)
    {
        var failure = Assert.Throws<GantryException>(() => _store.Create(new VolumeCreateOptions { Name = "data", Driver = driver }));
        Assert.Equal((ErrorKind.NotFound, $"create data: error looking up volume plugin {driver}: plugin \"{driver}\" not found"), (failure.Kind, failure.Message));
    }

    [Fact]
    public async Task A_plugin_of_another_kind_is_no_volume_driver()
    {
        await using var plugin = new VolumePluginServer(At("sockets/other.sock"), At("data"), kind: "NetworkDriver");

        var failure = Assert.Throws<GantryException>(() => _store.Create(new VolumeCreateOptions { Name = "data", Driver = "other" }));
        Assert.EndsWith("Plugin does not implement the requested driver: plugin=\"other\", requested implementation=\"VolumeDriver\"", failure.Message, StringComparison.Ordinal);
        Assert.Empty(_store.List(s_none, s_none, []));
    }

    private VolumePluginServer Start() => new(At("sockets/tp.sock"), At("data"));

    private string At(string path) => Path.Combine(_directory.Path, path);
}
