using System.Diagnostics;
using Gantry.EndToEnd.Tests.Engine;

namespace Gantry.EndToEnd.Tests.Faults;

/// <summary>
/// The registry, the client or the engine killed with SIGKILL at a random moment of a push, of a pull, of a pull through a cache and of a load: what is
/// begun again goes through, sends or fetches nothing that was there already, and the engine's store has no fault.
/// </summary>
[Collection(EngineCollection.Name)]
public sealed class TransferCampaignTests(EngineProcess engine)
{
    /// <summary>A longer campaign is asked for with GANTRY_TRANSFER_KILLS.</summary>
    private static readonly int s_rounds = int.TryParse(Environment.GetEnvironmentVariable("GANTRY_TRANSFER_KILLS"), out var rounds) ? rounds : 3;

    private const int Layers = 3;
    private const int LayerSize = 4 << 20;

    /// <summary>Requests, answers, manifests and configs; and a piece of a blob that was on the way when its sender or receiver was killed.</summary>
    private const long Overhead = 256 << 10;

    [Fact]
    public async Task Killed_at_random_moments_nothing_is_transferred_twice()
    {
        await using var registry = await RegistryProcess.StartAsync("gantry");
        await using var line = new CountingProxy(registry.Address, TimeSpan.FromMilliseconds(2));
        await using var cache = await RegistryProcess.StartAsync("gantry", null, "--proxy", $"http://{line.Address}");
        (await engine.GantryAsync("builder", "prune", "-af")).Succeeded();
        var others = HeldByEngine();
        for (var round = 0; round < s_rounds; round++)
        {
            var random = new Random(round);
            var path = $"campaign/r{round}";
            var image = $"{line.Address}/{path}:1";
            await BuildAsync(image, random);
            var id = (await engine.GantryAsync("image", "inspect", "-f", "{{.Id}}", image)).Succeeded().Text;

            long Registrys(params string[] folders) => folders.Sum(f => Bytes(Path.Combine(registry.Images, "repositories", path, f)));
            var push = await InterruptedAsync(["push", image], registry, line, random, () => line.Up, () => Registrys("_blobs", "_uploads"));
            push.Check($"round {round}, push", Registrys("_blobs"));
            await CheckAsync(image, id, others);

            var pull = await InterruptedAsync(["pull", image], registry, line, random, () => line.Down, () => HeldByEngine() - others);
            pull.Check($"round {round}, pull", Registrys("_blobs"));
            await CheckLoadAsync(image, id, random, line);
            await CheckAsync(image, id, others);

            // A cache goes on with its own fetch whatever becomes of those who asked for it.
            var copy = $"{cache.Address}/{path}:1";
            long Caches() => Bytes(Path.Combine(cache.Images, "blobs")) + Bytes(Path.Combine(cache.Images, "partial"));
            var before = Caches();
            var cached = await InterruptedAsync(["pull", copy], cache, line, random, () => line.Down, () => Caches() - before);
            cached.Check($"round {round}, pull through a cache", Registrys("_blobs"));
            await CheckAsync(copy, id, others);
        }
    }

    /// <summary>The image is the one that it was and the store has no fault; then nothing is left of it.</summary>
    private async Task CheckAsync(string image, string id, long others)
    {
        Assert.Equal(id, (await engine.GantryAsync("image", "inspect", "-f", "{{.Id}}", image)).Succeeded().Text);
        (await engine.GantryAsync("system", "check")).Succeeded();
        (await engine.GantryAsync("rmi", "-f", image)).Succeeded();
        (await engine.GantryAsync("builder", "prune", "-af")).Succeeded();
        Assert.Equal(others, HeldByEngine());
    }

    /// <summary>Client or engine killed while an archive of the image is loaded: the next load brings it.</summary>
    private async Task CheckLoadAsync(string image, string id, Random random, CountingProxy line)
    {
        var archive = Path.Combine(engine.DataRoot, "..", $"campaign-{Guid.NewGuid():N}.tar");
        try
        {
            (await engine.GantryAsync("save", "-o", archive, image)).Succeeded();
            (await engine.GantryAsync("rmi", "-f", image)).Succeeded();
            var layers = Path.Combine(engine.DataRoot, "snapshots");
            await InterruptedAsync(["load", "-i", archive], null, line, random, () => Bytes(layers), () => 0);
            Assert.Equal(id, (await engine.GantryAsync("image", "inspect", "-f", "{{.Id}}", image)).Succeeded().Text);
        }
        finally
        {
            File.Delete(archive);
        }
    }

    /// <summary>Kills somebody in the middle of a command, and runs the command again.</summary>
    /// <param name="registry">The one that may be killed; null for none.</param>
    private async Task<Interruption> InterruptedAsync(
        string[] command, RegistryProcess? registry, CountingProxy line, Random random, Func<long> transferred, Func<long> held)
    {
        var client = Command.Start(Repository.Binary("gantry"), command, engine.Environment);
        var output = client.StandardOutput.ReadToEndAsync();
        var errors = client.StandardError.ReadToEndAsync();
        var start = transferred();
        var until = start + (long)(random.NextDouble() * Layers * LayerSize);
        var watch = Stopwatch.StartNew();
        while (transferred() < until && !client.HasExited && watch.Elapsed < TimeSpan.FromSeconds(30))
        {
            await Task.Delay(1);
        }

        var victim = random.Next(registry is null ? 1 : 0, 3);
        switch (victim)
        {
            case 0:
                await registry!.KillAsync();
                break;
            case 1:
                client.Kill();
                break;
            default:
                await engine.KillAsync();
                break;
        }

        // What a dead sender had given to its kernel still arrives, and the engine notices that its client is gone.
        await line.QuietAsync();
        var (before, kept) = (transferred(), held());
        var what = $"{((string[])["registry", "client", "engine"])[victim]} killed after {before - start} bytes, {kept} kept";
        if (victim == 0)
        {
            await registry!.RestartAsync();
        }
        else if (victim == 2)
        {
            await engine.StartAsync();
        }

        await client.WaitForExitAsync();
        await Task.WhenAll(output, errors);
        client.Dispose();
        var again = await engine.GantryAsync(command);
        Assert.True(again.ExitCode == 0, $"{what}: {again.Error}");
        await line.QuietAsync();
        return new Interruption(what, kept, transferred() - before);
    }

    private async Task BuildAsync(string image, Random random)
    {
        var context = Directory.CreateTempSubdirectory("gantry-campaign-").FullName;
        try
        {
            await File.WriteAllTextAsync(Path.Combine(context, "Dockerfile"), "FROM scratch\n" + string.Concat(Enumerable.Range(0, Layers).Select(i => $"COPY f{i} /\n")));
            for (var i = 0; i < Layers; i++)
            {
                var content = new byte[LayerSize];
                random.NextBytes(content);
                await File.WriteAllBytesAsync(Path.Combine(context, $"f{i}"), content);
            }

            (await engine.GantryAsync("build", "-q", "-t", image, context)).Succeeded();
        }
        finally
        {
            Directory.Delete(context, recursive: true);
        }
    }

    /// <summary>Bytes of large blobs that the engine has, whole and in part.</summary>
    private long HeldByEngine() => ((string[])["blobs", "ingest"]).Sum(folder => Bytes(Path.Combine(engine.DataRoot, "content", folder)));

    private static long Bytes(string folder) => !Directory.Exists(folder) ? 0
        : new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).Select(Length).Where(length => length > 64 << 10).Sum();

    private static long Length(FileInfo file)
    {
        try
        {
            return file.Length;
        }
        catch (FileNotFoundException)
        {
            // Renamed meanwhile: counted under its new name or not at all.
            return 0;
        }
    }

    /// <param name="Kept">Bytes of layers that the receiver had when somebody was killed.</param>
    /// <param name="After">Bytes that went over the line from then on.</param>
    private sealed record Interruption(string What, long Kept, long After)
    {
        internal void Check(string when, long layers)
        {
            Assert.True(layers >= Layers * (long)LayerSize, $"{when}: the registry has {layers} bytes of layers");
            Assert.True(After <= layers - Kept + Overhead, $"{when}: {What}, then {After} bytes for the rest of {layers}");
        }
    }
}
