namespace Gantry.Logs;

/// <summary>Told by a <see cref="JsonLogWriter"/> how far its input is safe in the file, so that a killed writer's successor neither loses nor repeats lines.</summary>
public interface ILogProgress
{
    /// <summary>
    /// The first <paramref name="consumed"/> bytes of the input are in the log, whose live file now has <paramref name="fileSize"/> bytes.
    /// </summary>
    void Written(int consumed, long fileSize);
}
