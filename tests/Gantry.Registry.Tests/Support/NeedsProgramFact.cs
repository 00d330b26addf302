namespace Gantry.Registry.Tests.Support;

/// <summary>A test that needs a program of the system; it is shown as skipped where that is missing.</summary>
public sealed class NeedsProgramFactAttribute : FactAttribute
{
    public NeedsProgramFactAttribute(string program)
    {
        if (!(Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(':').Any(directory => File.Exists(Path.Combine(directory, program))))
        {
            Skip = $"{program} is not installed";
        }
    }
}
