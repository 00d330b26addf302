namespace Gantry.Logs;

/// <summary>Which of a process's outputs a line came from; the numbers are those of the Engine API's stream frames.</summary>
public enum LogStream : byte
{
    Stdout = 1,
    Stderr = 2,
}
