using System.Net;

namespace Gantry.Networks.Dns;

/// <summary>Answers questions: at once what is known here, through others the rest.</summary>
internal sealed class DnsResolver(DnsForwarder forwarder)
{
    /// <summary>
    /// Writes the answer where none has to be waited for, into room for the longest answer of this transport. False with no query: drop the
    /// message. False with a query: ask <see cref="ForwardAsync"/>.
    /// </summary>
    public static bool TryAnswer(ReadOnlySpan<byte> message, DnsContext context, bool tcp, Span<byte> answer, out int length, out DnsQuery? query)
    {
        length = 0;
        if (!DnsQuery.TryParse(message, out var parsed, out var error))
        {
            query = null;
            length = error is { } code ? DnsAnswer.WriteCode(message, parsed, code, answer) : 0;
            return length > 0;
        }

        query = parsed;
        return parsed.Class == DnsWire.ClassIn && parsed.Name is { Length: > 0 } name && TryAnswerFromNames(message, parsed, name, context, tcp, answer, out length);
    }

    public async Task<byte[]> ForwardAsync(byte[] message, DnsQuery query, DnsContext context, bool tcp, CancellationToken ct)
    {
        if (!context.TryBegin())
        {
            return DnsAnswer.Code(message, query, DnsCode.Refused);
        }

        try
        {
            return await forwarder.AskAsync(message, query, context, tcp, LimitOf(query, tcp), ct).ConfigureAwait(false);
        }
        finally
        {
            context.End();
        }
    }

    private static int LimitOf(DnsQuery query, bool tcp) => tcp ? DnsWire.MaxMessage : query.UdpSize;

    private static bool TryAnswerFromNames(
        ReadOnlySpan<byte> message, DnsQuery query, string name, DnsContext context, bool tcp, Span<byte> answer, out int length)
    {
        length = 0;
        if (query.Type == DnsType.Ptr)
        {
            length = context.Names.FindReverse(name) is { } found ? DnsAnswer.WritePointer(message, query, found, answer) : 0;
        }
        else if (context.Names.Find(name) is { } targets)
        {
            length = DnsAnswer.WriteAddresses(message, query, Pick(targets, query.Type), LimitOf(query, tcp), answer);
        }

        return length > 0;
    }

    /// <summary>A name that exists has an answer for every type, if only an empty one: else the outside would be asked for it.</summary>
    private static ReadOnlySpan<IPAddress> Pick(NameTarget[] targets, ushort type)
    {
        var picked = new IPAddress[targets.Length];
        var count = 0;
        foreach (var target in targets)
        {
            if ((type switch { DnsType.A => target.IPv4, DnsType.Aaaa => target.IPv6, _ => null }) is { } address)
            {
                picked[count++] = address;
            }
        }

        var addresses = picked.AsSpan(0, count);
        Random.Shared.Shuffle(addresses);
        return addresses;
    }
}
