using System.Diagnostics;
using System.Text;

namespace Gantry.EndToEnd.Tests.Engine;

/// <summary>What a command printed and how it ended.</summary>
internal sealed record Result(int ExitCode, string Output, string Error)
{
    /// <summary>Output without the final newline.</summary>
    internal string Text => Output.TrimEnd('\n');

    internal Result Succeeded()
    {
        Assert.True(ExitCode == 0, $"exit code {ExitCode}\nstdout: {Output}\nstderr: {Error}");
        return this;
    }

    /// <summary>It failed and said so.</summary>
    internal Result Failed(string error)
    {
        Assert.True(ExitCode != 0, $"it succeeded\nstdout: {Output}");
        Assert.Contains(error, Error, StringComparison.Ordinal);
        return this;
    }
}

/// <summary>Runs programs to their end, with a limit after which they are killed and the test fails.</summary>
internal static class Command
{
    internal static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);

    internal static async Task<Result> RunAsync(string program, IEnumerable<string> arguments, string? input = null, IReadOnlyDictionary<string, string>? environment = null, string? folder = null)
    {
        using var process = Start(program, arguments, environment, folder);
        using var limit = new CancellationTokenSource(Limit);
        var output = process.StandardOutput.ReadToEndAsync(limit.Token);
        var error = process.StandardError.ReadToEndAsync(limit.Token);
        try
        {
            if (input is not null)
            {
                await process.StandardInput.WriteAsync(input.AsMemory(), limit.Token);
            }

            process.StandardInput.Close();
            await process.WaitForExitAsync(limit.Token);
            return new Result(process.ExitCode, await output, await error);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} {string.Join(' ', arguments)} did not end");
        }
    }

    internal static Process Start(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null, string? folder = null)
    {
        var info = new ProcessStartInfo(program)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            WorkingDirectory = folder ?? Path.GetTempPath(),
        };
        foreach (var argument in arguments)
        {
            info.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            info.Environment[name] = value;
        }

        return Process.Start(info)!;
    }
}
