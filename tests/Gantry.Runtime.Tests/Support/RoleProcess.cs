using System.Diagnostics;

namespace Gantry.Runtime.Tests.Support;

/// <summary>This assembly run as a program in a role (see Driver).</summary>
internal sealed class RoleProcess : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    private readonly Process _process;

    private RoleProcess(Process process) => _process = process;

    public int Pid => _process.Id;

    /// <summary>For a shell.</summary>
    public static string CommandLine => $"{Host} exec {typeof(RoleProcess).Assembly.Location}";

    private static string Host => Environment.ProcessPath is { } path && Path.GetFileName(path) == "dotnet" ? path : "dotnet";

    public static RoleProcess Start(params string[] arguments) =>
        StartProgram(Host, ["exec", typeof(RoleProcess).Assembly.Location, .. arguments]);

    /// <summary>Runs any program to its end.</summary>
    public static async Task<(int Code, string Output)> RunAsync(string program, params string[] arguments)
    {
        using var process = StartProgram(program, arguments);
        return await process.WaitAsync();
    }

    private static RoleProcess StartProgram(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        return new RoleProcess(Process.Start(start)!);
    }

    public async Task<string?> ReadLineAsync() => await _process.StandardOutput.ReadLineAsync().WaitAsync(s_limit);

    public async Task<(int Code, string Output)> WaitAsync()
    {
        var output = await _process.StandardOutput.ReadToEndAsync().WaitAsync(s_limit);
        await _process.WaitForExitAsync().WaitAsync(s_limit);
        return (_process.ExitCode, output);
    }

    /// <summary>SIGKILL; returns when it is dead.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync().WaitAsync(s_limit);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
    }
}
