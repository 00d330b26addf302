using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace Gantry.Registry.Auth;

/// <summary>Tokens still good, by server, scopes and whose credentials they were got with. The secrets themselves are not kept here.</summary>
internal sealed class TokenCache
{
    private const int MaxEntries = 1024;
    private readonly ConcurrentDictionary<string, (string Token, long Expires)> _tokens = new();

    internal static string Key(Uri realm, string service, IEnumerable<string> scopes, RegistryCredentials? credentials)
    {
        var text = string.Join('\n', [
            realm.AbsoluteUri, service, string.Join(' ', scopes), credentials?.Username, credentials?.Password, credentials?.IdentityToken,
        ]);
        return Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
    }

    internal string? Find(string key) => _tokens.TryGetValue(key, out var entry) && entry.Expires > Environment.TickCount64 ? entry.Token : null;

    /// <summary>Keeps a token until shortly before it ends, so that none expires on its way.</summary>
    internal void Add(string key, string token, TimeSpan lifetime)
    {
        if (_tokens.Count >= MaxEntries)
        {
            _tokens.Clear();
        }

        var good = lifetime - TimeSpan.FromSeconds(Math.Min(10, lifetime.TotalSeconds / 4));
        _tokens[key] = (token, Environment.TickCount64 + (long)good.TotalMilliseconds);
    }

    internal void Remove(string key) => _tokens.TryRemove(key, out _);
}
