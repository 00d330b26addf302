using Gantry.EndToEnd.Tests.Engine;
using Gantry.Engine.Tests.Wire;

namespace Gantry.Engine.Tests;

/// <summary>An engine of our own with the image that scripts start from.</summary>
public sealed class BaseImage : IAsyncLifetime
{
    private readonly EngineProcess _engine = new();

    internal string Socket => _engine.Host["unix://".Length..];

    internal string DataRoot => _engine.DataRoot;

    public async Task InitializeAsync()
    {
        await _engine.InitializeAsync();
        await EnsureAsync(Socket);
    }

    public Task DisposeAsync() => _engine.DisposeAsync();

    /// <summary>Imports <c>conform/base</c> into an engine that has it not.</summary>
    internal static async Task EnsureAsync(string socket)
    {
        if ((await WireClient.SendAsync(socket, new WireRequest("GET", "/images/conform/base/json"))).Status == 200)
        {
            return;
        }

        var target = "/images/create?fromSrc=-&repo=conform/base&tag=latest&changes=CMD%20%5B%22sh%22%5D&changes=ENV%20PATH=/bin&changes=LABEL%20conform=base";
        var imported = await WireClient.SendAsync(socket, new WireRequest("POST", target) { Body = await File.ReadAllBytesAsync(Repository.BusyboxTar) });
        Assert.True(imported.Status == 200 && !imported.Text.Contains("errorDetail", StringComparison.Ordinal), imported.Text);
    }
}

[CollectionDefinition(Name)]
public sealed class BaseImageCollection : ICollectionFixture<BaseImage>
{
    internal const string Name = "base image";
}
