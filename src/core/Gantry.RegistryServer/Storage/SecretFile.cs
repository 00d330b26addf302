using Gantry.Linux;

namespace Gantry.RegistryServer.Storage;

/// <summary>Files that only this server may read, replaced in one step.</summary>
internal static class SecretFile
{
    private const int OwnerOnly = 0x180; // 0600

    internal static void Write(string path, ReadOnlySpan<byte> content)
    {
        var temporary = path + ".new";
        FileAt.TryUnlink(FileAt.CurrentDirectory, temporary);
        var file = FileAt.Open(FileAt.CurrentDirectory, temporary, OpenAtFlags.WriteOnly | OpenAtFlags.Create | OpenAtFlags.Exclusive, OwnerOnly);
        try
        {
            FileData.WriteAll(file, content);
            FileData.Sync(file);
        }
        finally
        {
            FileAt.Close(file);
        }

        File.Move(temporary, path, overwrite: true);
    }
}
