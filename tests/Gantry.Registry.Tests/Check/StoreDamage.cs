namespace Gantry.Registry.Tests.Check;

internal static class StoreDamage
{
    /// <summary>One bit, in the middle.</summary>
    internal static void Spoil(string path)
    {
        using var file = File.Open(path, FileMode.Open, FileAccess.ReadWrite);
        file.Position = file.Length / 2;
        var value = file.ReadByte();
        file.Position--;
        file.WriteByte((byte)(value ^ 1));
    }
}
