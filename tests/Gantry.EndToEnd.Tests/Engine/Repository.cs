using System.Runtime.CompilerServices;

namespace Gantry.EndToEnd.Tests.Engine;

/// <summary>Where the binaries and the base images that test.sh prepared are.</summary>
internal static class Repository
{
    internal static string Root { get; } = Path.GetFullPath(Path.Combine(Folder(), "..", "..", ".."));

    internal static string Binaries { get; } = Environment.GetEnvironmentVariable("GANTRY_BIN") ?? Path.Combine(Root, "out", "bin");

    internal static string Binary(string name) => Path.Combine(Binaries, name);

    internal static string BusyboxTar { get; } = Path.Combine(Root, "out", "busybox.tar");

    internal static string PythonTar { get; } = Path.Combine(Root, "out", "python.tar");

    private static string Folder([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;
}
