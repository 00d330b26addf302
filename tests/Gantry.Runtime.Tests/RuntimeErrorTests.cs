using Gantry.Runtime.Services;

namespace Gantry.Runtime.Tests;

public class RuntimeErrorTests
{
    [Theory]
    [InlineData("""{"msg":"chdir `/x`: Not a directory","level":"error","time":"t"}""", "chdir `/x`: Not a directory", 128)]
    [InlineData("""{"level":"error","msg":"runc run failed: unable to start container process: exec: \"a\": executable file not found in $PATH","time":"t"}""", "unable to start container process: exec: \"a\": executable file not found in $PATH", 127)]
    [InlineData("not json at all\n", "not json at all", 128)]
    [InlineData("{broken", "{broken", 128)]
    [InlineData("", "the runtime ended without a message", 128)]
    [InlineData("""
        {"level":"warning","msg":"careful"}
        {"level":"error","msg":"first"}
        {"level":"error","msg":"last"}
        """, "last", 128)]
    [InlineData("""
        {
          "msg": "executable file `nosuch` not found in $PATH",
          "level": "error",
          "time": "t"
        }
        """, "unable to start container process: exec: \"nosuch\": executable file not found in $PATH", 127)]
    [InlineData("{\"level\":\"error\",\"msg\":\"whole\"}\n{\"level\":\"error\",\"msg\":\"cu", "whole", 128)]
    public void The_runtimes_message_gets_dockers_frame(string log, string cause, int code)
    {
        var error = RuntimeErrors.StartFailed("crun", log, "a");
        Assert.Equal($"failed to create task for container: failed to create shim task: OCI runtime create failed: crun create failed: {cause}: unknown", error.Message);
        Assert.Equal(code, TaskStartError.ExitCodeOf(error));
    }

    [Theory]
    [InlineData("executable file `a` not found in $PATH", "unable to start container process: exec: \"a\": executable file not found in $PATH", 127)]
    [InlineData("executable file `/a` not found in $PATH", "unable to start container process: exec: \"/a\": stat /a: no such file or directory", 127)]
    [InlineData("open executable: Is a directory", "unable to start container process: exec: \"a\": is a directory: permission denied", 126)]
    [InlineData("something else", "something else", 128)]
    public void An_exec_that_fails_has_dockers_words_and_code(string message, string cause, int code)
    {
        var error = RuntimeErrors.ExecFailed(message, "a");
        Assert.Equal($"OCI runtime exec failed: exec failed: {cause}: unknown", error.Message);
        Assert.Equal(code, TaskStartError.ExitCodeOf(error));
    }
}
