using Gantry.IO.Trees;

namespace Gantry.Storage.Tests;

/// <summary>A directory of its own for one test, removed afterwards with whatever the test left in it.</summary>
public sealed class TestDirectory : IDisposable
{
    public TestDirectory()
    {
        Path = Directory.CreateTempSubdirectory("gantry-storage-").FullName;
    }

    public string Path { get; }

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public void Dispose() => TreeRemover.Remove(Path);
}
