using System.Buffers.Binary;

namespace Gantry.IO.Trees;

/// <summary>The attribute that file capabilities are kept in (capabilities(7), "File capability extended attribute versioning").</summary>
internal static class FileCapabilities
{
    private const string Attribute = "security.capability";
    private const uint RevisionMask = 0xFF000000;
    private const uint Version2 = 0x02000000;
    private const uint Version3 = 0x03000000;
    private const int Version2Length = 20;

    /// <summary>
    /// What a user namespace's root has set names that root by the host's id (version 3); for everyone else it becomes version 2. Other
    /// attributes and versions are returned as they are.
    /// </summary>
    internal static byte[] WithoutOwner(string name, byte[] value)
    {
        if (name != Attribute || value.Length <= Version2Length)
        {
            return value;
        }

        var magic = BinaryPrimitives.ReadUInt32LittleEndian(value);
        if ((magic & RevisionMask) != Version3)
        {
            return value;
        }

        var plain = value[..Version2Length];
        BinaryPrimitives.WriteUInt32LittleEndian(plain, (magic & ~RevisionMask) | Version2);
        return plain;
    }
}
