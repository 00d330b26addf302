using System.Diagnostics;
using Gantry.Apps.Cli.CommandLine;

namespace Gantry.Cli.Tests.Completing;

/// <summary>The script for bash, run by bash, with a program in our place that answers what each case says and prints what it was asked.</summary>
public sealed class BashScriptTests
{
    [Theory]
    [InlineData("gantry ru", "run", 4, "ru", "run")]
    [InlineData("gantry image ", "ls\nrm", 4, "image|", "ls|rm")]
    [InlineData("gantry run --network=b", "bridge\nhost", 4, "run|--network=b", "bridge")]
    [InlineData("gantry run box:v", "box:v1\nbox:v2", 4, "run|box:v", "v1|v2")]
    [InlineData("gantry events --filter type=n", "type=network", 4, "events|--filter|type=n", "network")]
    [InlineData("gantry exec -it web ", "", 4, "exec|-it|web|", "")]
    public async Task Candidates_as_bash_wants_them(string typed, string answer, int directive, string asked, string expected)
    {
        var folder = Directory.CreateTempSubdirectory("gantry-completion-");
        try
        {
            var program = Path.Combine(folder.FullName, "gantry");
            await File.WriteAllTextAsync(program, "#!/bin/sh\nshift\nfirst=$1\nshift\nprintf '%s' \"$first\" >\"$ASKED\"\nfor w; do printf '|%s' \"$w\" >>\"$ASKED\"; done\nprintf '%s\\n' \"$ANSWER\"\n");
            File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
            using var resource = typeof(CommandTable).Assembly.GetManifestResourceStream("completion.bash")!;
            using var script = new StreamReader(resource);
            var text = (await script.ReadToEndAsync()).Replace("{program}", "gantry", StringComparison.Ordinal)
                + "\nCOMP_LINE=$TYPED; COMP_POINT=${#TYPED}; __gantry_complete; IFS='|'; printf '%s' \"${COMPREPLY[*]}\"\n";
            var info = new ProcessStartInfo("bash", ["--norc", "-c", text]) { RedirectStandardOutput = true };
            info.Environment["PATH"] = folder.FullName + ":" + Environment.GetEnvironmentVariable("PATH");
            info.Environment["ASKED"] = Path.Combine(folder.FullName, "asked");
            info.Environment["ANSWER"] = (answer.Length > 0 ? answer + "\n" : "") + $":{directive}";
            info.Environment["TYPED"] = typed;

            using var bash = Process.Start(info)!;
            var reply = await bash.StandardOutput.ReadToEndAsync();
            await bash.WaitForExitAsync();

            Assert.Equal(expected, reply);
            Assert.Equal(asked, await File.ReadAllTextAsync(Path.Combine(folder.FullName, "asked")));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
