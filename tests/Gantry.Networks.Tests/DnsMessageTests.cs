using System.Net;
using CsCheck;
using Gantry.Networks.Dns;
using Gantry.Networks.Tests.Support;

namespace Gantry.Networks.Tests;

/// <summary>Reading of messages from strangers, and the cache.</summary>
public sealed class DnsMessageTests
{
    private static readonly Gen<string> s_name = Gen.Char["abcdefghijklmnopqrstuvwxyz0123456789-"].Array[1, 20].Select(c => new string(c)).Array[1, 5].Select(l => string.Join('.', l));

    [Fact]
    public void A_question_is_read_as_it_was_asked() => Gen.Select(s_name, Gen.UShort, Gen.Int[0, 4096]).Sample((name, type, size) =>
    {
        var message = DnsClient.Question(name.ToUpperInvariant(), type, 77, size);
        Assert.True(DnsQuery.TryParse(message, out var query, out _));
        Assert.Equal((name, type, (ushort)77, size > 0), (query.Name, query.Type, query.Id, query.Edns));
    });

    [Fact]
    public void Any_bytes_are_read_without_harm() => Gen.Byte.Array[0, 600].Sample(bytes =>
    {
        if (DnsQuery.TryParse(bytes, out var query, out var error))
        {
            Assert.InRange(query.QuestionEnd, DnsWire.HeaderSize + 5, bytes.Length);
        }
        else if (error is { } code)
        {
            Assert.Equal(DnsWire.HeaderSize, DnsAnswer.Code(bytes, query with { QuestionEnd = 0, Edns = false }, code).Length);
        }
    });

    [Fact]
    public void A_damaged_question_is_read_without_harm() => Gen.Select(s_name, Gen.Int[0, 60], Gen.Byte).Sample((name, place, value) =>
    {
        var message = DnsClient.Question(name, DnsType.A, ednsSize: 1232);
        message[Math.Min(place, message.Length - 1)] = value;
        if (DnsQuery.TryParse(message, out var query, out _))
        {
            var length = DnsAnswer.WriteAddresses(message, query, [IPAddress.Loopback], DnsWire.PlainUdpSize, new byte[DnsWire.PlainUdpSize]);
            Assert.InRange(length, DnsWire.HeaderSize, DnsWire.PlainUdpSize);
        }
    });

    [Fact]
    public void Any_answer_can_be_offered_to_the_cache() => Gen.Byte.Array[DnsWire.HeaderSize, 600].Sample(bytes =>
    {
        var cache = new DnsCache(TimeProvider.System);
        var question = DnsClient.Question("a.example", DnsType.A);
        Assert.True(DnsQuery.TryParse(question, out var query, out _));
        question.AsSpan(DnsWire.HeaderSize).CopyTo(bytes.Length >= question.Length ? bytes.AsSpan(DnsWire.HeaderSize) : new byte[600]);
        cache.Store(Servers, query, bytes);
        _ = bytes.Length >= question.Length ? cache.Find(Servers, query, question) : null;
    });

    [Fact]
    public void The_cache_keeps_answers_for_their_time_and_counts_it_down()
    {
        var time = new FakeTime();
        var cache = new DnsCache(time);
        var question = DnsClient.Question("a.example", DnsType.A, 1);
        Assert.True(DnsQuery.TryParse(question, out var query, out _));
        cache.Store(Servers, query, FakeNameServer.Address(question, "192.0.2.1", ttl: 60));
        time.Advance(TimeSpan.FromSeconds(20));
        var again = DnsClient.Question("A.Example", DnsType.A, 2);
        var found = cache.Find(Servers, query, again)!;

        Assert.Equal(again[..query.QuestionEnd].Take(2), found.Take(2));
        Assert.Equal(again[DnsWire.HeaderSize..query.QuestionEnd], found[DnsWire.HeaderSize..query.QuestionEnd]);
        Assert.Equal(40, found[query.QuestionEnd + 9]);
        Assert.Null(cache.Find(new Upstreams([]), query, again));
        time.Advance(TimeSpan.FromSeconds(40));
        Assert.Null(cache.Find(Servers, query, again));
    }

    [Fact]
    public void The_cache_forgets_what_was_used_least()
    {
        var cache = new DnsCache(new FakeTime(), capacity: 10);
        for (var i = 0; i < 20; i++)
        {
            var (question, query) = Ask($"n{i}.example");
            cache.Store(Servers, query, FakeNameServer.Address(question, "192.0.2.1"));
            var (first, firstQuery) = Ask("n0.example");
            Assert.NotNull(cache.Find(Servers, firstQuery, first));
        }

        Assert.Equal(10, Enumerable.Range(0, 20).Count(i => Ask($"n{i}.example") is var (q, p) && cache.Find(Servers, p, q) is not null));
    }

    [Theory]
    [InlineData("2.0.18.172.in-addr.arpa", "172.18.0.2")]
    [InlineData("256.0.18.172.in-addr.arpa", null)]
    [InlineData("0.18.172.in-addr.arpa", null)]
    [InlineData("1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa", "fd00::1")]
    [InlineData("g.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa", null)]
    [InlineData(".in-addr.arpa", null)]
    public void Reverse_names_are_read(string name, string? address) => Assert.Equal(address, NameScope.ParseReverse(name)?.ToString());

    private static Upstreams Servers { get; } = new([new Upstream(new IPEndPoint(IPAddress.Loopback, 53), true)]);

    private static (byte[] Message, DnsQuery Query) Ask(string name)
    {
        var message = DnsClient.Question(name, DnsType.A);
        Assert.True(DnsQuery.TryParse(message, out var query, out _));
        return (message, query);
    }

    private sealed class FakeTime : TimeProvider
    {
        private long _now;

        public void Advance(TimeSpan by) => _now += by.Ticks;

        public override long GetTimestamp() => _now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;
    }
}
