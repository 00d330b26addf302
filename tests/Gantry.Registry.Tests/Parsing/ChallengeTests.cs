using CsCheck;
using Gantry.Registry.Auth;

namespace Gantry.Registry.Tests.Parsing;

/// <summary>WWW-Authenticate (RFC 9110, section 11.6.1).</summary>
public sealed class ChallengeTests
{
    private static readonly Gen<string> s_token = Gen.String[Gen.Char["abcXYZ019-_."], 1, 12];
    private static readonly Gen<string> s_value = Gen.String[Gen.Char["abc XYZ:/,=\"\\?&é"], 0, 20];

    [Theory]
    [InlineData("Basic realm=\"x\"", "basic", "realm", "x")]
    [InlineData("Bearer realm=\"http://h/t\",service=\"s\",scope=\"repository:a/b:pull,push\"", "bearer", "scope", "repository:a/b:pull,push")]
    [InlineData("Bearer realm = \"a\" , service = b", "bearer", "service", "b")]
    [InlineData("Negotiate, Basic realm=\"x\"", "basic", "realm", "x")]
    [InlineData("Negotiate YIIabc==, Basic realm=x", "basic", "realm", "x")]
    [InlineData("Basic realm=\"say \\\"hi\\\"\"", "basic", "realm", "say \"hi\"")]
    [InlineData("BEARER Realm=http://h:5000/token", "bearer", "realm", "http://h:5000/token")]
    [InlineData(",, Basic realm=\"x\",,", "basic", "realm", "x")]
    [InlineData("Digest qop=\"auth\", Bearer realm=\"r\"", "bearer", "realm", "r")]
    public void Well_formed(string header, string scheme, string name, string value) =>
        Assert.Equal(value, Challenge.Parse([header]).Single(challenge => challenge.Scheme == scheme).Parameter(name));

    [Theory]
    [InlineData("")]
    [InlineData("=")]
    [InlineData("\"")]
    [InlineData("Basic realm=\"never ends")]
    [InlineData("realm=\"x\"")]
    [InlineData("\u0001\u0002")]
    public void Malformed_gives_nothing_usable(string header) =>
        Assert.DoesNotContain(Challenge.Parse([header]), challenge => challenge.Parameters.Count > 0);

    [Fact]
    public void What_is_written_is_read() =>
        Gen.Select(s_token, Gen.Dictionary(s_token.Select(name => name.ToLowerInvariant()), s_value)[1, 6]).List[1, 3].Sample(challenges =>
        {
            var header = string.Join(", ", challenges.Select(challenge => challenge.Item1 + " " + string.Join(
                ",", challenge.Item2.Select(pair => $"{pair.Key}=\"{pair.Value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\""))));

            var parsed = Challenge.Parse([header]);

            Assert.Equal(challenges.Select(challenge => challenge.Item1.ToLowerInvariant()), parsed.Select(challenge => challenge.Scheme));
            for (var i = 0; i < parsed.Count; i++)
            {
                Assert.Equal(challenges[i].Item2.OrderBy(pair => pair.Key), parsed[i].Parameters.OrderBy(pair => pair.Key));
            }
        });

    [Fact]
    public void Anything_at_all_ends() =>
        Gen.String[Gen.Char["aB =,\"\\\t;/:"], 0, 60].Sample(text => Challenge.Parse([text, text]).Count >= 0);
}
