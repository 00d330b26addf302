using System.Buffers.Binary;

namespace Gantry.Linux.Networking;

/// <summary>Parts of nf_tables requests (linux/netfilter/nf_tables.h), which speak big-endian.</summary>
internal static class NfMessages
{
    private const ushort BatchBegin = 0x10;
    private const ushort BatchEnd = 0x11;
    private const ushort Subsystem = 10;
    private const ushort ListElement = 1;
    private const ushort ExpressionName = 1;
    private const ushort ExpressionData = 2;
    private const ushort DataValue = 1;

    internal const ushort NewTable = 0;
    internal const ushort DeleteTable = 2;
    internal const ushort NewChain = 3;
    internal const ushort NewRule = 6;

    internal const ushort Create = 0x400;
    internal const ushort Append = 0x800;

    /// <summary>Starts a transaction; <see cref="EndTransaction"/> commits it if nothing in between was refused.</summary>
    internal static void BeginTransaction(this NetlinkBatch batch)
    {
        batch.Begin(BatchBegin, 0, "nf_tables transaction", acknowledged: false);
        PutHeader(batch, 0, Subsystem);
    }

    internal static void EndTransaction(this NetlinkBatch batch)
    {
        batch.Begin(BatchEnd, 0, "nf_tables transaction", acknowledged: false);
        PutHeader(batch, 0, Subsystem);
    }

    internal static void BeginNf(this NetlinkBatch batch, ushort message, ushort flags, byte family, string subject)
    {
        batch.Begin((ushort)((Subsystem << 8) | message), flags, subject);
        PutHeader(batch, family, 0);
    }

    internal static void BigEndian(this NetlinkBatch batch, ushort type, uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        batch.Attribute(type, bytes);
    }

    /// <summary>Appends an expression to a rule's list.</summary>
    internal static void Expression(this NetlinkBatch batch, string name, Action<NetlinkBatch> data)
    {
        var element = batch.BeginNested(ListElement, flagged: true);
        batch.Attribute(ExpressionName, name);
        var body = batch.BeginNested(ExpressionData, flagged: true);
        data(batch);
        batch.EndNested(body);
        batch.EndNested(element);
    }

    internal static void Value(this NetlinkBatch batch, ushort type, ReadOnlySpan<byte> value)
    {
        var nested = batch.BeginNested(type, flagged: true);
        batch.Attribute(DataValue, value);
        batch.EndNested(nested);
    }

    /// <summary>struct nfgenmsg.</summary>
    private static void PutHeader(NetlinkBatch batch, byte family, ushort resource) =>
        batch.Put((uint)(family | (BinaryPrimitives.ReverseEndianness(resource) << 16)));
}
