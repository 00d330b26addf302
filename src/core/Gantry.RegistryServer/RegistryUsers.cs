using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Gantry.Errors;
using Gantry.Linux;
using Gantry.RegistryServer.Auth;

namespace Gantry.RegistryServer;

/// <summary>
/// Users and their passwords, from an htpasswd file (bcrypt, as <c>htpasswd -B</c> writes it, and what else crypt(3) knows) or a table. A file
/// is read again when it changes. A password that was right once is remembered as a keyed hash, so that bcrypt's cost is paid once.
/// </summary>
public sealed class RegistryUsers
{
    private readonly Func<IReadOnlyDictionary<string, string>> _hashes;
    private readonly Func<string, string, bool> _matches;
    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);
    private readonly ConcurrentDictionary<string, string> _known = new();

    /// <summary>At most this many passwords are hashed at once, so that guessing can't take every core. Shared and never disposed.</summary>
    private static readonly SemaphoreSlim s_verifiers = new(Math.Max(1, Environment.ProcessorCount / 2));

    private RegistryUsers(Func<IReadOnlyDictionary<string, string>> hashes, Func<string, string, bool> matches)
    {
        _hashes = hashes;
        _matches = matches;
    }

    /// <summary>Reads <c>user:hash</c> lines.</summary>
    /// <exception cref="GantryException">InvalidArgument: the file is missing, malformed or has a hash of a kind that is not supported.</exception>
    public static RegistryUsers FromHtpasswd(string path)
    {
        var file = new HtpasswdFile(path);
        return new RegistryUsers(file.Read, Crypt.Verify);
    }

    /// <summary>A fixed table of plain passwords, for tests and embedding.</summary>
    public static RegistryUsers FromTable(IReadOnlyDictionary<string, string> passwords) =>
        new(() => passwords, (password, stored) =>
            CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(password)), SHA256.HashData(Encoding.UTF8.GetBytes(stored))));

    /// <summary>True when the user exists; refresh tokens of removed users end here.</summary>
    internal bool Exists(string user) => _hashes().ContainsKey(user);

    internal async Task<bool> VerifyAsync(string user, string password, CancellationToken cancellationToken)
    {
        if (!_hashes().TryGetValue(user, out var hash))
        {
            return false;
        }

        var proof = Convert.ToHexString(HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes($"{user}\0{password}\0{hash}")));
        if (_known.TryGetValue(user, out var known) && known == proof)
        {
            return true;
        }

        await s_verifiers.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var right = await Task.Run(() => _matches(password, hash), cancellationToken).ConfigureAwait(false);
            if (right)
            {
                _known[user] = proof;
            }

            return right;
        }
        finally
        {
            s_verifiers.Release();
        }
    }
}
