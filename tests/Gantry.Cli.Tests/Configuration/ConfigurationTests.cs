using System.Text;
using Gantry.Api;
using Gantry.Apps.Cli.Commands.Contexts;
using Gantry.Apps.Cli.Configuration;
using Gantry.Errors;
using Gantry.IO.Tar;

namespace Gantry.Cli.Tests.Configuration;

/// <summary>config.json, credentials and contexts on disk.</summary>
public sealed class ConfigurationTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("config-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void What_is_not_known_stays()
    {
        var config = Load("""{"unknown":{"a":[1]},"detachKeys":"ctrl-x","psFormat":"table {{.ID}}","HttpHeaders":{"X-A":"b"},"aliases":{"builder":"buildx"},"cliPluginsExtraDirs":["/p"]}""");
        config.CurrentContext = "there";
        config.Save();

        Assert.Equal(("ctrl-x", "table {{.ID}}", "b", "buildx", "/p"), (config.DetachKeys, config.Text("psFormat"), config.HttpHeaders["X-A"], config.Aliases["builder"], config.PluginFolders[0]));
        var text = File.ReadAllText(config.FileName);
        Assert.Contains("\"unknown\"", text, StringComparison.Ordinal);
        Assert.Contains("\"currentContext\": \"there\"", text, StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(config.FileName));
    }

    [Fact]
    public void Proxies_become_variables_in_both_spellings()
    {
        var config = Load("""{"proxies":{"default":{"httpProxy":"http://p:1","noProxy":"x"},"tcp://h:1":{"httpsProxy":"http://q:2"}}}""");

        Assert.Equal("HTTP_PROXY=http://p:1 http_proxy=http://p:1 NO_PROXY=x no_proxy=x", string.Join(' ', config.ProxyVariables("unix:///s").Select(v => $"{v.Key}={v.Value}")));
        Assert.Equal("HTTPS_PROXY=http://q:2 https_proxy=http://q:2", string.Join(' ', config.ProxyVariables("tcp://h:1").Select(v => $"{v.Key}={v.Value}")));
    }

    [Fact]
    public void A_broken_file_is_a_warning()
    {
        File.WriteAllText(Path.Combine(_folder, "config.json"), "{");
        var warnings = new List<string>();
        ConfigFile.Load(_folder, warnings.Add);

        Assert.StartsWith("WARNING: Error loading config file: " + _folder, Assert.Single(warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Credentials_are_kept_in_the_file_where_there_is_no_helper()
    {
        var config = Load("{}");
        var store = new CredentialStore(config);
        await store.StoreAsync(new AuthConfig { Username = "me", Password = "a:b", Serveraddress = "localhost:5000" }, default);
        config.Save();

        Assert.Equal(Convert.ToBase64String("me:a:b"u8), (string?)config.Auths["localhost:5000"]!["auth"]);
        var read = await new CredentialStore(ConfigFile.Load(_folder, _ => { })).GetAsync("localhost:5000", default);
        Assert.Equal(("me", "a:b"), (read.Username, read.Password));
        await store.EraseAsync("localhost:5000", default);
        Assert.False(store.Contains("localhost:5000"));
    }

    [Fact]
    public async Task An_identity_token_is_used_in_place_of_a_password()
    {
        var auth = Convert.ToBase64String("me:"u8);
        var config = Load("""{"auths":{"r.example":{"auth":"AUTH","identitytoken":"tok"}}}""".Replace("AUTH", auth, StringComparison.Ordinal));
        var read = await new CredentialStore(config).GetAsync("r.example", default);

        Assert.Equal("tok", read.Identitytoken);
    }

    [Fact]
    public async Task A_credential_helper_stores_gives_and_erases()
    {
        var kept = Path.Combine(_folder, "kept");
        var helper = Path.Combine(_folder, "docker-credential-fake");
        File.WriteAllText(helper, $"#!/bin/sh\ncase $1 in\nstore) cat > {kept} ;;\nget) [ -f {kept} ] && cat {kept} || {{ echo 'credentials not found in native keychain'; exit 1; }} ;;\nerase) rm {kept} ;;\nesac\n");
        File.SetUnixFileMode(helper, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Environment.SetEnvironmentVariable("PATH", $"{_folder}:{Environment.GetEnvironmentVariable("PATH")}");
        var config = Load("""{"credHelpers":{"r.example":"fake"}}""");
        var store = new CredentialStore(config);

        await store.StoreAsync(new AuthConfig { Username = "me", Password = "secret", Serveraddress = "r.example" }, default);
        Assert.Contains("\"Secret\":\"secret\"", await File.ReadAllTextAsync(kept), StringComparison.Ordinal);
        var read = await store.GetAsync("r.example", default);
        Assert.Equal(("me", "secret"), (read.Username, read.Password));
        Assert.DoesNotContain("secret", File.ReadAllText(config.FileName), StringComparison.Ordinal);
        await store.EraseAsync("r.example", default);
        Assert.False(File.Exists(kept));
    }

    [Fact]
    public async Task A_context_comes_back_from_its_archive()
    {
        var archive = new MemoryStream();
        var context = new DockerContext("one", "about it", "tcp://h:1", SkipTlsVerify: true);
        await ContextArchive.WriteAsync(archive, ContextStore.ToJson(context), new Dictionary<string, byte[]> { ["ca.pem"] = [1, 2] }, default);
        archive.Position = 0;
        var (read, tls) = await ContextArchive.ReadAsync("two", archive, default);

        Assert.Equal(context with { Name = "two" }, read);
        Assert.Equal([1, 2], tls["ca.pem"]);
        var store = new ContextStore(_folder);
        store.Save(read, tls);
        Assert.Equal(read, store.Get("two"));
        Assert.Equal(["ca.pem"], store.TlsFiles("two"));
        store.Remove("two");
        Assert.False(store.Contains("two"));
    }

    [Theory]
    [InlineData("tls/docker/../../../evil")]
    [InlineData("tls/docker/..")]
    [InlineData("evil")]
    [InlineData("/etc/evil")]
    public async Task An_archive_can_t_write_elsewhere(string member)
    {
        var archive = new MemoryStream();
        using (var tar = new TarWriter(archive))
        {
            await tar.WriteEntryAsync(new TarEntry { Name = "meta.json", Kind = TarEntryKind.File, Size = 2 }, "{}"u8.ToArray());
            await tar.WriteEntryAsync(new TarEntry { Name = member, Kind = TarEntryKind.File, Size = 1 }, "x"u8.ToArray());
            await tar.CompleteAsync();
        }

        await Assert.ThrowsAsync<GantryException>(() => ContextArchive.ReadAsync("two", new MemoryStream(archive.ToArray()), default));
    }

    private ConfigFile Load(string json)
    {
        File.WriteAllBytes(Path.Combine(_folder, "config.json"), Encoding.UTF8.GetBytes(json));
        return ConfigFile.Load(_folder, message => Assert.Fail(message));
    }
}
