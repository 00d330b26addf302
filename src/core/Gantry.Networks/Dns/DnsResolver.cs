using System.Net;

namespace Gantry.Networks.Dns;

/// <summary>Answers questions: at once what is known here, through others the rest.</summary>
internal sealed class DnsResolver(DnsForwarder forwarder)
{
    /// <summary>
    /// The answer where none has to be waited for. False with no answer: drop the message. False with a query: ask
    /// <see cref="ForwardAsync"/>.
    /// </summary>
    public static bool TryAnswer(ReadOnlySpan<byte> message, DnsContext context, bool tcp, out byte[]? answer, out DnsQuery? query)
    {
        answer = null;
        if (!DnsQuery.TryParse(message, out var parsed, out var error))
        {
            query = null;
            answer = error is { } code ? DnsAnswer.Code(message, parsed, code) : null;
            return answer is not null;
        }

        query = parsed;
        answer = parsed.Class == DnsWire.ClassIn && parsed.Name is { Length: > 0 } name ? FromNames(message, parsed, name, context, tcp) : null;
        return answer is not null;
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

    private static byte[]? FromNames(ReadOnlySpan<byte> message, DnsQuery query, string name, DnsContext context, bool tcp)
    {
        if (query.Type == DnsType.Ptr)
        {
            return context.Names.FindReverse(name) is { } found ? DnsAnswer.Pointer(message, query, found) : null;
        }

        return context.Names.Find(name) is { } targets ? DnsAnswer.Addresses(message, query, Pick(targets, query.Type), LimitOf(query, tcp)) : null;
    }

    /// <summary>A name that exists has an answer for every type, if only an empty one: else the outside would be asked for it.</summary>
    private static IPAddress[] Pick(NameTarget[] targets, ushort type)
    {
        IPAddress[] addresses = type switch
        {
            DnsType.A => [.. targets.Where(t => t.IPv4 is not null).Select(t => t.IPv4!)],
            DnsType.Aaaa => [.. targets.Where(t => t.IPv6 is not null).Select(t => t.IPv6!)],
            _ => [],
        };
        if (addresses.Length > 1)
        {
            Random.Shared.Shuffle(addresses);
        }

        return addresses;
    }
}
