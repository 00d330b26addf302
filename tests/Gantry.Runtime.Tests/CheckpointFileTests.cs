using System.Globalization;
using Gantry.Linux;
using Gantry.Runtime.Checkpoints;
using Gantry.Runtime.Protocol;

namespace Gantry.Runtime.Tests;

/// <summary>What is read and written around CRIU's images.</summary>
public sealed class CheckpointFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("gantry-checkpoint-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Open_fifos_are_found_with_the_mount_of_their_opener()
    {
        Pipes.MakeFifo(RunFiles.Fifo(_folder, 1), 0x180);
        Pipes.MakeFifo($"{_folder}/other", 0x180);
        var (fifo, other) = (RawFiles.Open(RunFiles.Fifo(_folder, 1), OpenFlags.ReadWrite), RawFiles.Open($"{_folder}/other", OpenFlags.ReadWrite));
        try
        {
            var keys = StdioKeys.Find(new ProcessRecord { Id = "a", Directory = _folder }, [Environment.ProcessId, int.MaxValue]);

            var mount = File.ReadLines($"/proc/self/fdinfo/{fifo}").First(l => l.StartsWith("mnt_id:", StringComparison.Ordinal))["mnt_id:".Length..];
            var expected = string.Create(CultureInfo.InvariantCulture, $"file[{long.Parse(mount, CultureInfo.InvariantCulture):x}:{FileIdentity.Of(RunFiles.Fifo(_folder, 1)).Inode:x}]");
            Assert.Equal(new StdioKey(1, expected), Assert.Single(keys));
            StdioKeys.Save(_folder, keys);
            Assert.Equal(keys, StdioKeys.Load(_folder));
        }
        finally
        {
            RawFiles.Close(fifo);
            RawFiles.Close(other);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{\"file[1:2]\":")]
    [InlineData("{\"file[1:2]\":3}")]
    [InlineData("{\"file[1:2]\":-1}")]
    [InlineData("{\"file[1:2]\":\"1\"}")]
    [InlineData("{\"file[1:2]\\ntcp-established\":1}")]
    [InlineData("{\"file[1]\":1,\"file[]\":1,\"file[\":1,\"\":1,\"x\":1,\"file[1:2:3]\":1,\"file[g:1]\":1,\"file[:]\":1}")]
    public void Only_keys_get_into_the_configuration(string content)
    {
        File.WriteAllText(Path.Combine(_folder, StdioKeys.FileName), content);

        Assert.Empty(StdioKeys.Load(_folder));
    }

    [Fact]
    public void The_configuration_gives_each_stream_its_descriptor()
    {
        IReadOnlyList<StdioKey> keys = [new(1, "file[a:1]"), new(2, "file[a:2]")];

        Assert.Equal([$"CRIU_CONFIG_FILE={_folder}/criu.conf"], CriuSettings.ForDump(_folder, keys));
        Assert.Equal("external file[a:1]\nexternal file[a:2]\n", File.ReadAllText($"{_folder}/criu.conf"));
        CriuSettings.ForRestore(_folder, keys);
        Assert.Equal("inherit-fd fd[1]:file[a:1]\ninherit-fd fd[2]:file[a:2]\n", File.ReadAllText($"{_folder}/criu.conf"));
    }

    [Fact]
    public void The_first_error_that_matters_is_told()
    {
        var path = Path.Combine(_folder, CriuLog.Dump);
        Assert.Null(CriuLog.FirstError(path));
        File.WriteAllText(path, """
            (00.000000) Version: 4.1.1 (gitid 0)
            (00.028023) Error (criu/util.c:1533): rlimit: Can't setup RLIMIT_NOFILE for self: Operation not permitted
            (00.160469) Warn  (compel/arch/x86/src/lib/infect.c:418): Will restore 124 with interrupted system call
            (00.17)      7: Error (criu/sk-inet.c:191): inet: Connected TCP socket, consider using --tcp-established option.
            (00.18) Error (criu/cr-dump.c:1669): Dump files (pid: 7) failed with -1
            (00.19) Error (criu/cr-dump.c:2111): Dumping FAILED.

            """);
        Assert.Equal("inet: Connected TCP socket, consider using --tcp-established option.", CriuLog.FirstError(path));
    }

    [Fact]
    public void Images_are_complete_with_statistics_or_with_an_inventory_and_no_process()
    {
        var paths = new CheckpointPaths(Directory.CreateDirectory(Path.Combine(_folder, "images")).FullName, Directory.CreateDirectory(Path.Combine(_folder, "work")).FullName);
        Assert.False(CheckpointImages.AreComplete(paths, processIsGone: true));
        File.WriteAllText(Path.Combine(paths.ImagePath, "inventory.img"), "");
        Assert.False(CheckpointImages.AreComplete(paths, processIsGone: true));
        File.WriteAllText(Path.Combine(paths.ImagePath, "inventory.img"), "x");
        Assert.True(CheckpointImages.AreComplete(paths, processIsGone: true));
        Assert.False(CheckpointImages.AreComplete(paths, processIsGone: false));
        File.WriteAllText(Path.Combine(paths.WorkPath, "stats-dump"), "");
        Assert.True(CheckpointImages.AreComplete(paths, processIsGone: false));
    }
}
