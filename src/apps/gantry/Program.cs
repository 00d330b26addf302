using System.Text;
using Gantry.Apps.Cli.CommandLine;
using Gantry.Apps.Cli.Output;

namespace Gantry.Apps.Cli;

/// <summary>The composition root: streams in, an exit code out.</summary>
internal static class Program
{
    private static Task<int> Main(string[] arguments) =>
        new Dispatcher(ProgramName(), new TextOutput(1), new TextOutput(2)).RunAsync(arguments, CancellationToken.None);

    /// <summary>How we were called: through a link named docker, this is docker.</summary>
    private static string ProgramName()
    {
        var called = Environment.GetCommandLineArgs()[0];
        var name = Path.GetFileName(called.EndsWith(".dll", StringComparison.Ordinal) ? CalledByKernel() : called);
        return name == Engine.ProductInfo.DockerName ? name : Engine.ProductInfo.Name;
    }

    /// <summary>The name the kernel was given; a build that is not native tells the assembly's instead.</summary>
    private static string CalledByKernel() => Encoding.UTF8.GetString(File.ReadAllBytes("/proc/self/cmdline")).Split('\0')[0];
}
