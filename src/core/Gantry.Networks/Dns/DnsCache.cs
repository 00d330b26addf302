using System.Buffers.Binary;

namespace Gantry.Networks.Dns;

/// <summary>
/// Keeps upstream answers for as long as their records say, in the order of use. Small on purpose: it takes the weight of programs that ask
/// for one name again and again, no more.
/// </summary>
internal sealed class DnsCache(TimeProvider time, int capacity = 1024)
{
    private const int MaxSize = 4096;
    private const uint MaxTtl = 300;
    private const uint MaxNegativeTtl = 30;

    private readonly Lock _lock = new();
    private readonly Dictionary<Key, LinkedListNode<Entry>> _entries = [];
    private readonly LinkedList<Entry> _order = [];

    /// <summary>An answer for this message with its own id, spelling and remaining lifetimes; null when there is none.</summary>
    public byte[]? Find(Upstreams upstreams, DnsQuery query, ReadOnlySpan<byte> message)
    {
        if (query.Name is null)
        {
            return null;
        }

        Entry entry;
        lock (_lock)
        {
            if (!_entries.TryGetValue(KeyOf(upstreams, query), out var node))
            {
                return null;
            }

            entry = node.Value;
            _order.Remove(node);
            if (entry.Expires <= time.GetTimestamp())
            {
                _entries.Remove(entry.Key);
                return null;
            }

            _order.AddLast(node);
        }

        return Refresh(entry, message, query);
    }

    public void Store(Upstreams upstreams, DnsQuery query, byte[] answer)
    {
        if (query.Name is null || answer.Length > MaxSize || !TryMeasure(answer, out var ttl, out var places))
        {
            return;
        }

        var now = time.GetTimestamp();
        var entry = new Entry(KeyOf(upstreams, query), answer, places, now, now + (ttl * time.TimestampFrequency));
        lock (_lock)
        {
            if (_entries.Remove(entry.Key, out var old))
            {
                _order.Remove(old);
            }

            if (_entries.Count >= capacity && _order.First is { } oldest)
            {
                _entries.Remove(oldest.Value.Key);
                _order.RemoveFirst();
            }

            _entries[entry.Key] = _order.AddLast(entry);
        }
    }

    /// <summary>How long the answer may be kept, and where its lifetimes stand; false when it must not be kept.</summary>
    private static bool TryMeasure(ReadOnlySpan<byte> answer, out uint ttl, out List<int> places)
    {
        ttl = MaxTtl;
        places = [];
        var code = (DnsCode)(answer[3] & 0xf);
        var answers = DnsReader.U16(answer, 6);
        var negative = code == DnsCode.NoSuchName || answers == 0;
        var reader = new DnsReader(answer);
        if (code is not (DnsCode.NoError or DnsCode.NoSuchName) || (answer[2] & DnsWire.TruncatedBit) != 0
            || !reader.TrySkipName() || !reader.TryReadU16(out _) || !reader.TryReadU16(out _))
        {
            return false;
        }

        var sawSoa = false;
        for (var left = answers + DnsReader.U16(answer, 8) + DnsReader.U16(answer, 10); left > 0; left--)
        {
            if (!reader.TryReadRecord(out var record))
            {
                return false;
            }

            if (record.Type != DnsType.Opt)
            {
                ttl = Math.Min(ttl, record.Ttl);
                places.Add(record.TtlOffset);
                sawSoa |= record.Type == DnsType.Soa;
            }
        }

        // RFC 2308: a denial may be kept only when it carries the zone's SOA record.
        ttl = negative ? Math.Min(ttl, MaxNegativeTtl) : ttl;
        return ttl > 0 && (!negative || sawSoa);
    }

    private byte[] Refresh(Entry entry, ReadOnlySpan<byte> message, DnsQuery query)
    {
        var answer = (byte[])entry.Answer.Clone();
        message[..2].CopyTo(answer);
        message[DnsWire.HeaderSize..query.QuestionEnd].CopyTo(answer.AsSpan(DnsWire.HeaderSize));
        var age = (uint)time.GetElapsedTime(entry.Stored).TotalSeconds;
        foreach (var place in entry.TtlPlaces)
        {
            var ttl = answer.AsSpan(place);
            BinaryPrimitives.WriteUInt32BigEndian(ttl, Math.Max(1, BinaryPrimitives.ReadUInt32BigEndian(ttl) - Math.Min(age, BinaryPrimitives.ReadUInt32BigEndian(ttl))));
        }

        return answer;
    }

    private static Key KeyOf(Upstreams upstreams, DnsQuery query) => new(
        upstreams.Key, query.Name!, query.Type, query.Class, query.Edns, query.DnssecOk, query.CheckingDisabled, query.RecursionDesired);

    private readonly record struct Key(
        string Upstreams, string Name, ushort Type, ushort Class, bool Edns, bool DnssecOk, bool CheckingDisabled, bool RecursionDesired);

    private sealed record Entry(Key Key, byte[] Answer, List<int> TtlPlaces, long Stored, long Expires);
}
